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
    pub fn store_read_begins(&mut self, monotonic_ms: i64, exchange: u32) -> Option<i64> {
        let now_ms = self.tick(monotonic_ms);
        let exchange = self.exchange.as_mut().filter(|current| current.number == exchange)?;
        let timeout_ms = STORE_TIMEOUT_MS.min((exchange.deadline_at_ms - now_ms) / 2).max(1);
        exchange.due_at_ms = now_ms + timeout_ms + LEADER_GRACE_MS;
        Some(timeout_ms)
    }

    /// Records that the store has a token. It is taken if it expires later than the current one.
    pub fn store_hit(&mut self, monotonic_ms: i64, exchange: u32, new: NewToken) -> LeaderAction {
        self.tick(monotonic_ms);
        let token = self.incoming(monotonic_ms, new);
        let dead_point_ms = token.points.dead_point_ms;
        let expires_later =
            self.token.as_ref().is_none_or(|old| old.points.dead_point_ms < dead_point_ms);
        if !expires_later || token.points.phase(token.token_now_ms) == Phase::Expired {
            return self.store_miss(monotonic_ms, exchange);
        }
        if self.exchange.take_if(|current| current.number == exchange).is_none() {
            return LeaderAction::Superseded;
        }
        let has_closed_circuit = false; // only the service can accept the keys
        self.install(token, has_closed_circuit)
    }

    /// Records that the store has no usable token.
    pub fn store_miss(&mut self, monotonic_ms: i64, exchange: u32) -> LeaderAction {
        let now_ms = self.tick(monotonic_ms);
        let Some(current) = self.exchange.as_ref().filter(|current| current.number == exchange)
        else {
            return LeaderAction::Superseded;
        };
        if current.store_only && self.remembered_failure(now_ms).is_some() {
            self.exchange = None;
            self.fail_waiting_callers(now_ms);
            return LeaderAction::Failed { has_opened_circuit: false };
        }
        LeaderAction::Exchange { deadline_ms: (current.deadline_at_ms - now_ms).max(1) }
    }

    /// Has every caller that waits for the store fail with the remembered failure.
    pub(super) fn fail_waiting_callers(&mut self, now_ms: i64) {
        if let Some(failure) = &mut self.last_failure {
            failure.waits_ended_at_ms = now_ms;
        }
    }

    /// Returns whether a caller may wait for the store while a failure is remembered: another process
    /// may have stored a token. A caller does not wait if it has already waited for that failure, or
    /// for a read of the store since.
    pub(super) fn may_wait_for_store(&self, now_ms: i64, asked_at_ms: i64) -> bool {
        let has_waited = |failure: &RememberedFailure<E>| asked_at_ms < failure.waits_ended_at_ms;
        let may_read =
            self.exchange.is_some() || self.cool_down_now_ms(now_ms) >= self.no_store_read_until_ms;
        self.policy.has_store && !self.last_failure.as_ref().is_some_and(has_waited) && may_read
    }
}
