//! The store, which other processes share and which is read before the service is asked.

use super::{
    Failure, LEADER_GRACE_MS, LeaderAction, Lifecycle, NewToken, Phase, RememberedFailure,
};

/// A read of the store may take this long, in milliseconds, but at most half of the time that is left.
/// A slower answer counts as a miss.
pub const STORE_TIMEOUT_MS: i64 = 1_000;
/// The shortest time between two reads of the store while a failure is remembered, in milliseconds.
pub const STORE_READ_INTERVAL_MS: i64 = 1_000;

impl<E: Failure> Lifecycle<E> {
    /// Records that the leader begins to read the store. Returns how long the read may take, in
    /// milliseconds. `None` if another leader has taken over.
    pub fn store_read_begins(&mut self, reading_ms: i64, exchange: u32) -> Option<i64> {
        let now = self.tick(reading_ms);
        let exchange = self.exchange.as_mut().filter(|current| current.id == exchange)?;
        let timeout = STORE_TIMEOUT_MS.min((exchange.deadline_ms - now) / 2).max(1);
        exchange.due_ms = now + timeout + LEADER_GRACE_MS;
        Some(timeout)
    }

    /// Records that the store has a token. It is taken if it expires later than the current one.
    pub fn restored(&mut self, reading_ms: i64, exchange: u32, new: NewToken) -> LeaderAction {
        self.tick(reading_ms);
        let token = self.incoming(reading_ms, new);
        let dead_point_ms = token.points.dead_point_ms;
        let expires_later =
            self.token.as_ref().is_none_or(|old| old.points.dead_point_ms < dead_point_ms);
        if !expires_later || token.points.phase(token.token_time_ms) == Phase::Expired {
            return self.missed(reading_ms, exchange);
        }
        if self.exchange.take_if(|current| current.id == exchange).is_none() {
            return LeaderAction::Superseded;
        }
        self.install(token, false)
    }

    /// Records that the store has no usable token.
    pub fn missed(&mut self, reading_ms: i64, exchange: u32) -> LeaderAction {
        let now = self.tick(reading_ms);
        let Some(current) = self.exchange.as_ref().filter(|current| current.id == exchange) else {
            return LeaderAction::Superseded;
        };
        if current.store_only && self.remembered_failure(now).is_some() {
            self.exchange = None;
            self.fail_waiting_callers(now);
            return LeaderAction::Failed { opened: false };
        }
        LeaderAction::Exchange { deadline_ms: (current.deadline_ms - now).max(1) }
    }

    /// Has every caller that waits for the store fail with the remembered failure.
    pub(super) fn fail_waiting_callers(&mut self, now: i64) {
        if let Some(failure) = &mut self.last_failure {
            failure.no_store_wait_if_asked_before_ms = now;
        }
    }

    /// Returns whether a caller may wait for the store while a failure is remembered: another process
    /// may have stored a token. A caller does not wait if it has already waited for that failure, or
    /// for a read of the store since.
    pub(super) fn may_wait_for_store(&self, now: i64, asked_at: i64) -> bool {
        let has_waited =
            |failure: &RememberedFailure<E>| asked_at < failure.no_store_wait_if_asked_before_ms;
        let may_read =
            self.exchange.is_some() || self.cool_down_time_ms(now) >= self.no_store_read_before_ms;
        self.policy.has_store && !self.last_failure.as_ref().is_some_and(has_waited) && may_read
    }
}
