//! Somebody asks for a token: hand it out, wait, start an exchange, or fail.

use super::{
    Ask, Exchange, Failure, GRACE_MS, Lifecycle, PATIENCE_MS, Phase, Reason, STORE_PAUSE_MS,
    STORE_TIMEOUT_MS, Start,
};

impl<E: Failure> Lifecycle<E> {
    /// Somebody asks for a token; `asked_at_ms` is what an earlier answer gave, when they ask again.
    pub fn ask(&mut self, reading_ms: i64, asked_at_ms: Option<i64>) -> Ask<E> {
        let now = self.tick(reading_ms);
        let standstill_ms = self.clock.standstill_ms(reading_ms);
        let has_waited = asked_at_ms.is_some();
        let asked_at_ms = asked_at_ms.unwrap_or(now - standstill_ms);
        let asked_at = asked_at_ms + standstill_ms;
        self.give_up_leader_if(now, |exchange| exchange.due_ms <= now);
        let token = self.token.as_ref().map(|token| (token.id, token.points_at(now)));
        match token.map(|(token, points)| (token, points, points.phase(now))) {
            Some((token, points, Phase::Fresh)) => {
                Ask::HandOut { token, fresh_for_ms: points.soft_ms - now, start: None }
            }
            Some((token, points, Phase::RefreshSoon)) => {
                let start = self.may_refresh(now).then(|| self.start(now, Reason::Expiry));
                let fresh_for_ms = points.hard_ms.min(self.next_refresh_ms()) - now;
                Ask::HandOut { token, fresh_for_ms: fresh_for_ms.max(0), start }
            }
            Some((token, points, Phase::Expiring)) => {
                let until = points.dead_ms.min(asked_at + PATIENCE_MS);
                if until <= now || self.exchange.is_none() && !self.may_refresh(now) {
                    return Ask::HandOut { token, fresh_for_ms: 0, start: None };
                }
                self.wait(now, asked_at_ms, until, Reason::Expiry)
            }
            Some((_, _, Phase::Expired)) | None => {
                self.ask_without_token(now, asked_at_ms, asked_at, has_waited)
            }
        }
    }

    /// The request that leads this exchange is gone. The next one that asks leads another exchange, after the
    /// pause if this one was in a pause.
    pub fn abandoned(&mut self, reading_ms: i64, exchange: u32) {
        let now = self.tick(reading_ms);
        self.give_up_leader_if(now, |current| current.id == exchange && !current.pauses);
    }

    fn give_up_leader_if(&mut self, now: i64, is_gone: impl FnOnce(&Exchange<E>) -> bool) {
        if let Some(gone) = self.exchange.take_if(|exchange| is_gone(exchange)) {
            self.absent_because = Reason::Abandoned;
            if gone.store_only {
                self.fail_those_waiting(now);
            }
        }
    }

    fn ask_without_token(
        &mut self,
        now: i64,
        asked_at_ms: i64,
        asked_at: i64,
        has_waited: bool,
    ) -> Ask<E> {
        let deadline = asked_at + self.policy.deadline_ms;
        if let Some(failure) = self.remembered_failure(now)
            && (deadline <= now || !self.may_ask_store(now, asked_at))
        {
            let is_own = has_waited && asked_at <= failure.failed_at_ms;
            let left_ms = failure.fails_until_ms - self.cooled_ms(now);
            let fails_for_ms = (!is_own).then_some(left_ms);
            return Ask::Fail { error: failure.error.clone(), fails_for_ms };
        }
        if deadline <= now {
            let last = self.exchange.as_ref().and_then(|exchange| exchange.last_error.clone());
            let error = last.unwrap_or_else(|| E::too_late(self.policy.deadline_ms));
            return Ask::Fail { error, fails_for_ms: None };
        }
        self.wait(now, asked_at_ms, deadline, self.absent_because)
    }

    /// Waits for the exchange under way, or for one that is started.
    fn wait(&mut self, now: i64, asked_at_ms: i64, until: i64, reason: Reason) -> Ask<E> {
        let wait_ms = |due: i64| (until.min(due) - now).max(1);
        if let Some(exchange) = &self.exchange {
            return Ask::Wait { wait_ms: wait_ms(exchange.due_ms), asked_at_ms };
        }
        let start = self.start(now, reason);
        let first_ms =
            if self.policy.has_store { STORE_TIMEOUT_MS } else { self.policy.timeout_ms };
        Ask::Start { start, wait_ms: wait_ms(now + first_ms + GRACE_MS), asked_at_ms }
    }

    fn start(&mut self, now: i64, reason: Reason) -> Start {
        self.last_exchange += 1;
        let store_only = self.remembered_failure(now).is_some();
        if store_only {
            self.no_store_read_before_ms = self.cooled_ms(now) + STORE_PAUSE_MS;
        }
        self.exchange = Some(Exchange {
            id: self.last_exchange,
            deadline_ms: now + self.policy.deadline_ms,
            due_ms: now + GRACE_MS,
            last_error: None,
            pauses: false,
            store_only,
        });
        Start { exchange: self.last_exchange, reason }
    }

    fn may_refresh(&self, now: i64) -> bool {
        self.exchange.is_none() && now >= self.next_refresh_ms()
    }

    /// The earliest instant at which a refresh can begin, if the clocks go on alike.
    fn next_refresh_ms(&self) -> i64 {
        let failure = self.remembered.as_ref().map_or(i64::MIN, |failure| failure.until_ms);
        let cooled = self.no_refresh_before_ms.max(failure);
        let exchange = self.exchange.as_ref().map_or(i64::MIN, |exchange| exchange.due_ms);
        cooled.saturating_sub(self.clock.missed_ms()).max(exchange)
    }
}
