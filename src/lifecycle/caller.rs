//! Decides what a caller that asks for a token gets: the token, a wait, an exchange to make, or an
//! error.

use super::{
    CallerAction, Exchange, ExchangeStart, Failure, LEADER_GRACE_MS, Lifecycle,
    MAX_WAIT_OVER_EXPIRING_MS, Phase, Reason, STORE_READ_INTERVAL_MS, STORE_TIMEOUT_MS,
};

/// When a caller asked for a token.
#[derive(Clone, Copy)]
struct Asked {
    at_ms: i64,
    /// Without the clamp of the clock, so that a small step back does not prolong the caller's wait. The
    /// caller passes it when it asks again.
    unclamped_at_ms: i64,
    /// True if the caller asks again.
    has_waited: bool,
}

impl<E: Failure> Lifecycle<E> {
    /// Returns the action of a caller that asks for a token. A caller that asks again passes the
    /// `asked_at_ms` of the earlier action.
    pub fn ask(&mut self, monotonic_ms: i64, asked_at_ms: Option<i64>) -> CallerAction<E> {
        let now_ms = self.tick(monotonic_ms);
        let clamped_by_ms = self.clock.clamped_by_ms(monotonic_ms);
        let unclamped_at_ms = asked_at_ms.unwrap_or(now_ms - clamped_by_ms);
        let at_ms = unclamped_at_ms + clamped_by_ms;
        let asked = Asked { at_ms, unclamped_at_ms, has_waited: asked_at_ms.is_some() };
        self.give_up_leader_if(now_ms, |exchange| exchange.due_at_ms <= now_ms);
        let token =
            self.token.as_ref().map(|token| (token.number, token.points_in_lifecycle_time(now_ms)));
        match token.map(|(token, points)| (token, points, points.phase(now_ms))) {
            Some((token, points, Phase::Fresh)) => {
                let hand_out_for_ms = points.refresh_point_ms - now_ms;
                CallerAction::HandOut { token, hand_out_for_ms, start: None }
            }
            Some((token, points, Phase::RefreshSoon)) => {
                let start = self.may_refresh(now_ms).then(|| self.start(now_ms, Reason::Expiry));
                let hand_out_for_ms = points.wait_point_ms.min(self.next_refresh_at_ms()) - now_ms;
                CallerAction::HandOut { token, hand_out_for_ms: hand_out_for_ms.max(0), start }
            }
            Some((token, points, Phase::Expiring)) => {
                let wait_ends_at_ms =
                    points.dead_point_ms.min(asked.at_ms + MAX_WAIT_OVER_EXPIRING_MS);
                let may_wait = self.exchange.is_some() || self.may_refresh(now_ms);
                if wait_ends_at_ms <= now_ms || !may_wait {
                    return CallerAction::HandOut { token, hand_out_for_ms: 0, start: None };
                }
                self.wait(now_ms, asked, wait_ends_at_ms, Reason::Expiry)
            }
            Some((_, _, Phase::Expired)) | None => self.ask_without_token(now_ms, asked),
        }
    }

    fn ask_without_token(&mut self, now_ms: i64, asked: Asked) -> CallerAction<E> {
        let deadline_at_ms = asked.at_ms + self.policy.deadline_ms;
        if let Some(failure) = self.remembered_failure(now_ms)
            && (deadline_at_ms <= now_ms || !self.may_wait_for_store(now_ms, asked.at_ms))
        {
            let waited_for_it = asked.has_waited && asked.at_ms <= failure.failed_at_ms;
            let left_ms = failure.calls_fail_until_ms - self.cool_down_now_ms(now_ms);
            let fails_for_ms = (!waited_for_it).then_some(left_ms);
            return CallerAction::Fail { error: failure.error.clone(), fails_for_ms };
        }
        if deadline_at_ms <= now_ms {
            let last = self.exchange.as_ref().and_then(|exchange| exchange.last_error.clone());
            let error = last.unwrap_or_else(|| E::deadline_exceeded(self.policy.deadline_ms));
            return CallerAction::Fail { error, fails_for_ms: None };
        }
        self.wait(now_ms, asked, deadline_at_ms, self.reason_without_token)
    }

    /// Has the caller wait for the in-flight exchange. If there is none, the caller starts one.
    fn wait(
        &mut self,
        now_ms: i64,
        asked: Asked,
        ends_at_ms: i64,
        reason: Reason,
    ) -> CallerAction<E> {
        let asked_at_ms = asked.unclamped_at_ms;
        let wait_ms = |due_at_ms: i64| (ends_at_ms.min(due_at_ms) - now_ms).max(1);
        if let Some(exchange) = &self.exchange {
            return CallerAction::Wait { wait_ms: wait_ms(exchange.due_at_ms), asked_at_ms };
        }
        let start = self.start(now_ms, reason);
        let first_ms =
            if self.policy.has_store { STORE_TIMEOUT_MS } else { self.policy.timeout_ms };
        let wait_ms = wait_ms(now_ms + first_ms + LEADER_GRACE_MS);
        CallerAction::Start { start, wait_ms, asked_at_ms }
    }

    fn start(&mut self, now_ms: i64, reason: Reason) -> ExchangeStart {
        self.last_exchange += 1;
        let store_only = self.remembered_failure(now_ms).is_some();
        if store_only {
            self.no_store_read_until_ms = self.cool_down_now_ms(now_ms) + STORE_READ_INTERVAL_MS;
        }
        self.exchange = Some(Exchange {
            number: self.last_exchange,
            deadline_at_ms: now_ms + self.policy.deadline_ms,
            due_at_ms: now_ms + LEADER_GRACE_MS,
            last_error: None,
            waits_to_retry: false,
            store_only,
        });
        ExchangeStart { exchange: self.last_exchange, reason }
    }

    fn may_refresh(&self, now_ms: i64) -> bool {
        self.exchange.is_none() && now_ms >= self.next_refresh_at_ms()
    }

    /// Returns when the next refresh can begin at the earliest, if no suspension follows.
    fn next_refresh_at_ms(&self) -> i64 {
        let failure = self.last_failure.as_ref();
        let failed_until_ms = failure.map_or(i64::MIN, |failure| failure.cool_down_until_ms);
        let held_back_until_ms = self.no_refresh_until_ms.max(failed_until_ms);
        let due_at_ms = self.exchange.as_ref().map_or(i64::MIN, |exchange| exchange.due_at_ms);
        held_back_until_ms.saturating_sub(self.clock.suspended_ms()).max(due_at_ms)
    }
}
