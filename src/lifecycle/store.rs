//! A store that others may have filled, asked before the service is.

use super::{Failure, GRACE_MS, Lifecycle, Next, Phase, RememberedFailure};

/// How long a store is waited for, if that leaves half of the deadline: one that is slower is as
/// good as none.
pub const STORE_TIMEOUT_MS: i64 = 1_000;
/// While a failure is remembered, the store is asked no more often than this.
pub const STORE_PAUSE_MS: i64 = 1_000;

impl<E: Failure> Lifecycle<E> {
    /// The leader of an exchange begins to ask the store. Returns how long that may take; `None`
    /// when somebody else leads.
    pub fn store_read_begins(&mut self, reading_ms: i64, exchange: u32) -> Option<i64> {
        let now = self.tick(reading_ms);
        let exchange = self.exchange.as_mut().filter(|current| current.id == exchange)?;
        let timeout = STORE_TIMEOUT_MS.min((exchange.deadline_ms - now) / 2).max(1);
        exchange.due_ms = now + timeout + GRACE_MS;
        Some(timeout)
    }

    /// The store has a token that ends `ends_in_ms` from now, of a life of `lifetime_ms`.
    pub fn restored(
        &mut self,
        reading_ms: i64,
        exchange: u32,
        ends_in_ms: i64,
        lifetime_ms: i64,
        jitter: f64,
    ) -> Next {
        self.tick(reading_ms);
        let token = self.incoming(reading_ms, ends_in_ms, lifetime_ms, jitter);
        let dead_ms = token.points.dead_ms;
        let ends_later = self.token.as_ref().is_none_or(|old| old.points.dead_ms < dead_ms);
        if !ends_later || token.points.phase(token.aged_ms) == Phase::Expired {
            return self.missed(reading_ms, exchange);
        }
        if self.exchange.take_if(|current| current.id == exchange).is_none() {
            return Next::Superseded;
        }
        self.install(token, false)
    }

    /// The store has no token, or none of use.
    pub fn missed(&mut self, reading_ms: i64, exchange: u32) -> Next {
        let now = self.tick(reading_ms);
        let Some(current) = self.exchange.as_ref().filter(|current| current.id == exchange) else {
            return Next::Superseded;
        };
        if current.store_only && self.remembered_failure(now).is_some() {
            self.exchange = None;
            self.fail_those_waiting(now);
            return Next::Failed { opened: false };
        }
        Next::Exchange { deadline_ms: (current.deadline_ms - now).max(1) }
    }

    /// A look into the store has changed nothing: those who have waited for it are told the failure.
    pub(super) fn fail_those_waiting(&mut self, now: i64) {
        if let Some(failure) = &mut self.remembered {
            failure.told_if_asked_before_ms = now;
        }
    }

    /// Whether to wait for the store although a failure is remembered: another may have filled it.
    /// Not for those who have waited for that failure, or for a look into the store since.
    pub(super) fn may_ask_store(&self, now: i64, asked_at: i64) -> bool {
        let has_waited =
            |failure: &RememberedFailure<E>| asked_at < failure.told_if_asked_before_ms;
        let may_ask =
            self.exchange.is_some() || self.cooled_ms(now) >= self.no_store_read_before_ms;
        self.policy.has_store && !self.remembered.as_ref().is_some_and(has_waited) && may_ask
    }
}
