//! The exchange under way, as its leader reports it, and what is remembered of one that failed.

use super::{
    CIRCUIT, FAILURE, Failure, GRACE_MS, Lifecycle, MAX_REMEMBERED_MS, Next, REFUSAL_MS, Reason,
};

/// The exchange under way.
#[derive(Clone, Debug)]
pub(super) struct Exchange<E> {
    pub(super) id: u32,
    pub(super) deadline_ms: i64,
    /// By then the leader must have been heard of again.
    pub(super) due_ms: i64,
    /// The failure of its latest attempt.
    pub(super) last_error: Option<E>,
    /// Whether it waits before its next attempt, which the service may have asked for.
    pub(super) pauses: bool,
    /// Made while a failure is remembered, to see whether the store has a token: the service is
    /// not asked.
    pub(super) store_only: bool,
}

/// The failure of an exchange, which is told to those who ask.
#[derive(Clone, Debug)]
pub(super) struct RememberedFailure<E> {
    pub(super) error: E,
    /// When it happened, in the own time.
    pub(super) failed_at_ms: i64,
    /// In the time of cool-downs.
    pub(super) until_ms: i64,
    /// Until when calls fail with it, in the time of cool-downs. Later than `until_ms` when somebody
    /// else remembers it for longer.
    pub(super) fails_until_ms: i64,
    /// Those who asked before this have waited enough, and do not wait for the store.
    pub(super) told_if_asked_before_ms: i64,
}

impl<E: Failure> Lifecycle<E> {
    /// The leader of an exchange has begun an attempt, or a wait before the next one, which ends at
    /// `until_ms`, a reading of the same clock. A wait comes with the failure that it follows.
    /// Returns whether the leader still leads.
    pub fn progress(
        &mut self,
        reading_ms: i64,
        exchange: u32,
        until_ms: i64,
        failure: Option<E>,
    ) -> bool {
        let now = self.tick(reading_ms);
        let Some(current) = self.exchange.as_mut().filter(|current| current.id == exchange) else {
            return false;
        };
        current.due_ms = now + (until_ms - reading_ms) + GRACE_MS;
        current.pauses = failure.is_some();
        current.last_error = failure.or_else(|| current.last_error.take());
        true
    }

    /// The exchange has brought a token that ends `ends_in_ms` from now, of a life of `lifetime_ms`.
    /// A token that is at hand without any exchange comes with a number that is none's, 0.
    pub fn succeeded(
        &mut self,
        reading_ms: i64,
        exchange: u32,
        ends_in_ms: i64,
        lifetime_ms: i64,
        jitter: f64,
    ) -> Next {
        let now = self.tick(reading_ms);
        let leads = self.exchange.take_if(|current| current.id == exchange).is_some();
        let token = self.incoming(reading_ms, ends_in_ms, lifetime_ms, jitter);
        let closed = self.close_circuit();
        self.failures_without_token = 0;
        // The late answer of a leader that was given up may be older than the current token.
        let dead_ms = token.points.dead_ms;
        let better = self.token.as_ref().is_none_or(|old| old.points.dead_ms <= dead_ms);
        if better && token.aged_ms < token.points.soft_ms {
            (self.failed_refreshes, self.no_refresh_before_ms) = (0, i64::MIN);
        } else if better || leads {
            // The service hands out what it did before: to ask again at once would not help.
            self.failed_refreshes = self.failed_refreshes.saturating_add(1);
            let wait_ms = token.refresh_wait_ms(self.failed_refreshes);
            self.no_refresh_before_ms = self.cooled_ms(now) + wait_ms;
        }
        if !better {
            return Next::Done { token: None, fresh_for_ms: 0, closed };
        }
        self.install(token, closed)
    }

    /// The exchange has failed for good.
    pub fn failed(&mut self, reading_ms: i64, exchange: u32, error: E) -> Next {
        let now = self.tick(reading_ms);
        if self.exchange.take_if(|current| current.id == exchange).is_none() {
            return Next::Superseded;
        }
        self.absent_because = Reason::Failure;
        Next::Failed { opened: self.remember(now, error) }
    }

    /// The exchange was refused by somebody who has tried by itself, again and again, and remembers
    /// that for all: to do so here too would only delay what comes after.
    pub fn refused(&mut self, reading_ms: i64, exchange: u32, error: E) -> Next {
        let now = self.tick(reading_ms);
        if self.exchange.take_if(|current| current.id == exchange).is_none() {
            return Next::Superseded;
        }
        self.absent_because = Reason::Failure;
        let asked_ms = error.retry_after_ms().min(MAX_REMEMBERED_MS);
        self.remember_for(now, REFUSAL_MS, error);
        if let Some(failure) = &mut self.remembered {
            failure.fails_until_ms += (asked_ms - REFUSAL_MS).max(0);
        }
        Next::Failed { opened: false }
    }

    /// Decides how long a failure is remembered. Returns whether this opens a circuit.
    fn remember(&mut self, now: i64, error: E) -> bool {
        let asked_ms = error.retry_after_ms().min(MAX_REMEMBERED_MS);
        if error.rejects_keys() {
            self.key_rejections = self.key_rejections.saturating_add(1);
            let wait_ms = CIRCUIT.wait_ms(self.key_rejections).max(asked_ms);
            self.remember_for(now, wait_ms, error);
            return self.key_rejections == 1;
        }
        let (no_refresh_ms, remembered_ms) = if let Some(token) = &self.token {
            self.failed_refreshes = self.failed_refreshes.saturating_add(1);
            (token.refresh_wait_ms(self.failed_refreshes).max(asked_ms), asked_ms)
        } else {
            self.failures_without_token = self.failures_without_token.saturating_add(1);
            (0, FAILURE.wait_ms(self.failures_without_token).max(asked_ms))
        };
        self.no_refresh_before_ms = self.cooled_ms(now) + no_refresh_ms;
        self.remember_for(now, remembered_ms, error);
        false
    }

    fn remember_for(&mut self, now: i64, ms: i64, error: E) {
        let until_ms = self.cooled_ms(now) + ms;
        self.remembered = Some(RememberedFailure {
            error,
            failed_at_ms: now,
            until_ms,
            fails_until_ms: until_ms,
            told_if_asked_before_ms: now,
        });
    }

    /// The failure that is to be told at once, if there is one.
    pub(super) fn remembered_failure(&self, now: i64) -> Option<&RememberedFailure<E>> {
        let cooled_ms = self.cooled_ms(now);
        self.remembered.as_ref().filter(|failure| cooled_ms < failure.until_ms)
    }
}
