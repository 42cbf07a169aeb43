//! Decides what a caller that asks for a token gets: the token, a wait, an exchange to make, or an
//! error.

use super::{
    CallerAction, Exchange, ExchangeStart, Failure, LEADER_GRACE_MS, Lifecycle,
    MAX_WAIT_OVER_EXPIRING_MS, Phase, Reason, STORE_READ_INTERVAL_MS, STORE_TIMEOUT_MS,
};

impl<E: Failure> Lifecycle<E> {
    /// Returns the action of a caller that asks for a token. A caller that asks again passes the
    /// `asked_at_ms` of the earlier action.
    pub fn ask(&mut self, reading_ms: i64, asked_at_ms: Option<i64>) -> CallerAction<E> {
        let now = self.tick(reading_ms);
        let clamped_by_ms = self.clock.clamped_by_ms(reading_ms);
        let has_waited = asked_at_ms.is_some();
        let asked_at_ms = asked_at_ms.unwrap_or(now - clamped_by_ms);
        // In lifecycle time as it is now. The caller's `asked_at_ms` leaves out the clamp, so that a small
        // step back does not prolong its wait.
        let asked_at = asked_at_ms + clamped_by_ms;
        self.give_up_leader_if(now, |exchange| exchange.due_ms <= now);
        let token = self.token.as_ref().map(|token| (token.id, token.points_at(now)));
        match token.map(|(token, points)| (token, points, points.phase(now))) {
            Some((token, points, Phase::Fresh)) => {
                let fresh_for_ms = points.refresh_point_ms - now;
                CallerAction::HandOut { token, fresh_for_ms, start: None }
            }
            Some((token, points, Phase::RefreshSoon)) => {
                let start = self.may_refresh(now).then(|| self.start(now, Reason::Expiry));
                let fresh_for_ms = points.wait_point_ms.min(self.next_refresh_ms()) - now;
                CallerAction::HandOut { token, fresh_for_ms: fresh_for_ms.max(0), start }
            }
            Some((token, points, Phase::Expiring)) => {
                let until = points.dead_point_ms.min(asked_at + MAX_WAIT_OVER_EXPIRING_MS);
                if until <= now || self.exchange.is_none() && !self.may_refresh(now) {
                    return CallerAction::HandOut { token, fresh_for_ms: 0, start: None };
                }
                self.wait(now, asked_at_ms, until, Reason::Expiry)
            }
            Some((_, _, Phase::Expired)) | None => {
                self.ask_without_token(now, asked_at_ms, asked_at, has_waited)
            }
        }
    }

    fn ask_without_token(
        &mut self,
        now: i64,
        asked_at_ms: i64,
        asked_at: i64,
        has_waited: bool,
    ) -> CallerAction<E> {
        let deadline = asked_at + self.policy.deadline_ms;
        if let Some(failure) = self.remembered_failure(now)
            && (deadline <= now || !self.may_wait_for_store(now, asked_at))
        {
            let waited_for_it = has_waited && asked_at <= failure.failed_at_ms;
            let left_ms = failure.calls_fail_until_ms - self.cool_down_time_ms(now);
            let fails_for_ms = (!waited_for_it).then_some(left_ms);
            return CallerAction::Fail { error: failure.error.clone(), fails_for_ms };
        }
        if deadline <= now {
            let last = self.exchange.as_ref().and_then(|exchange| exchange.last_error.clone());
            let error = last.unwrap_or_else(|| E::deadline_exceeded(self.policy.deadline_ms));
            return CallerAction::Fail { error, fails_for_ms: None };
        }
        self.wait(now, asked_at_ms, deadline, self.absence_reason)
    }

    /// Has the caller wait for the in-flight exchange. If there is none, the caller starts one.
    fn wait(&mut self, now: i64, asked_at_ms: i64, until: i64, reason: Reason) -> CallerAction<E> {
        let wait_ms = |due: i64| (until.min(due) - now).max(1);
        if let Some(exchange) = &self.exchange {
            return CallerAction::Wait { wait_ms: wait_ms(exchange.due_ms), asked_at_ms };
        }
        let start = self.start(now, reason);
        let first_ms =
            if self.policy.has_store { STORE_TIMEOUT_MS } else { self.policy.timeout_ms };
        CallerAction::Start {
            start,
            wait_ms: wait_ms(now + first_ms + LEADER_GRACE_MS),
            asked_at_ms,
        }
    }

    fn start(&mut self, now: i64, reason: Reason) -> ExchangeStart {
        self.last_exchange += 1;
        let store_only = self.remembered_failure(now).is_some();
        if store_only {
            self.no_store_read_before_ms = self.cool_down_time_ms(now) + STORE_READ_INTERVAL_MS;
        }
        self.exchange = Some(Exchange {
            id: self.last_exchange,
            deadline_ms: now + self.policy.deadline_ms,
            due_ms: now + LEADER_GRACE_MS,
            last_error: None,
            waits_to_retry: false,
            store_only,
        });
        ExchangeStart { exchange: self.last_exchange, reason }
    }

    fn may_refresh(&self, now: i64) -> bool {
        self.exchange.is_none() && now >= self.next_refresh_ms()
    }

    /// Returns the earliest lifecycle time at which a refresh can begin, if no suspension follows.
    fn next_refresh_ms(&self) -> i64 {
        let failure = self.last_failure.as_ref().map_or(i64::MIN, |failure| failure.until_ms);
        let cool_down_end = self.no_refresh_before_ms.max(failure);
        let exchange = self.exchange.as_ref().map_or(i64::MIN, |exchange| exchange.due_ms);
        cool_down_end.saturating_sub(self.clock.suspended_ms()).max(exchange)
    }
}
