//! A store that others may have filled, asked before the service is.

use super::{Failure, GRACE_MS, Lifecycle, Next, Phase};

/// How long a store is waited for, if that leaves half of the deadline: one that is slower is as
/// good as none.
pub const STORE_TIMEOUT_MS: i64 = 1_000;
/// While a failure is remembered, the store is asked no more often than this.
pub const STORE_PAUSE_MS: i64 = 1_000;

impl<E: Failure> Lifecycle<E> {
    /// The leader of an exchange begins to ask the store. How long that may take; `None` when
    /// somebody else leads.
    pub fn consults(&mut self, reading_ms: i64, exchange: u32) -> Option<i64> {
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
    ) -> Next<E> {
        let now = self.tick(reading_ms);
        let held = self.comes(now, reading_ms, ends_in_ms, lifetime_ms, jitter);
        let dead_ms = held.points.dead_ms;
        let ends_later = self.token.as_ref().is_none_or(|old| old.points.dead_ms < dead_ms);
        if !ends_later || held.points.phase(held.now_ms) == Phase::Expired {
            return self.missed(reading_ms, exchange);
        }
        if self.exchange.take_if(|current| current.id == exchange).is_none() {
            return Next::Superseded;
        }
        self.install(held, false)
    }

    /// The store has no token, or none of use.
    pub fn missed(&mut self, reading_ms: i64, exchange: u32) -> Next<E> {
        let now = self.tick(reading_ms);
        let Some(current) = self.exchange.as_ref().filter(|current| current.id == exchange) else {
            return Next::Superseded;
        };
        match self.remembered(now).filter(|_| current.store_only) {
            Some(error) => {
                self.exchange = None;
                self.settle(now);
                Next::Failed { error, opened: false }
            }
            None => Next::Exchange,
        }
    }

    /// A look into the store has changed nothing: those who have waited for it are told the failure.
    pub(super) fn settle(&mut self, now: i64) {
        if let Some(setback) = &mut self.setback {
            setback.told_from_ms = now;
        }
    }

    /// Whether to wait for the store although a failure is remembered: another may have filled it.
    /// Not for those who have waited for that failure, or for a look into the store since.
    pub(super) fn may_ask_store(&self, now: i64, asked_at: i64) -> bool {
        let told = self.setback.as_ref().is_some_and(|setback| asked_at < setback.told_from_ms);
        let may_ask = self.exchange.is_some() || now >= self.store_from_ms;
        self.policy.has_store && !told && may_ask
    }
}
