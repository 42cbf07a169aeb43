//! The in-flight exchange: what its leader's reports change, and how long a failure is remembered.

use super::{
    CIRCUIT_BACKOFF, COORDINATOR_FAILURE_MS, FAILURE_BACKOFF, Failure, LEADER_GRACE_MS,
    LeaderAction, Lifecycle, MAX_RETRY_AFTER_MS, NewToken, Reason,
};

/// The in-flight exchange.
#[derive(Clone, Debug)]
pub(super) struct Exchange<E> {
    pub(super) number: u32,
    /// When the exchange must end.
    pub(super) deadline_at_ms: i64,
    /// When the leader's next report is overdue.
    pub(super) due_at_ms: i64,
    /// The failure of the latest attempt.
    pub(super) last_error: Option<E>,
    /// True if the leader waits, or asks for other keys, before its next attempt. The service may have
    /// asked for that wait.
    pub(super) waits_to_retry: bool,
    /// True if this exchange only reads the store, because a failure is remembered: the service is
    /// not asked.
    pub(super) store_only: bool,
}

/// The failure of an exchange. Calls without a token fail with it for a while.
#[derive(Clone, Debug)]
pub(super) struct RememberedFailure<E> {
    pub(super) error: E,
    /// When the exchange failed.
    pub(super) failed_at_ms: i64,
    /// When the cool-down ends.
    pub(super) cool_down_until_ms: i64,
    /// Until when calls fail with it. Later than `cool_down_until_ms` if a coordinator remembers the
    /// failure for longer.
    pub(super) calls_fail_until_ms: i64,
    /// When the last wait for the exchange or for the store ended. Callers that asked before this do
    /// not wait for the store again.
    pub(super) waits_ended_at_ms: i64,
}

impl<E: Failure> Lifecycle<E> {
    /// Records that the leader begins an attempt, a wait before the next one, or a call for the keys.
    /// That ends at `until_monotonic_ms`. The last two come with the `failure`
    /// before them, if there was one. Returns whether the leader still leads.
    pub fn progress(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        until_monotonic_ms: i64,
        failure: Option<E>,
    ) -> bool {
        let now_ms = self.tick(monotonic_ms);
        let Some(current) = self.exchange.as_mut().filter(|current| current.number == exchange)
        else {
            return false;
        };
        current.due_at_ms = now_ms + (until_monotonic_ms - monotonic_ms) + LEADER_GRACE_MS;
        current.waits_to_retry = failure.is_some();
        current.last_error = failure.or_else(|| current.last_error.take());
        true
    }

    /// Records that the exchange has brought a token. Pass the number 0 for a token without an exchange.
    pub fn succeeded(&mut self, monotonic_ms: i64, exchange: u32, new: NewToken) -> LeaderAction {
        let now_ms = self.tick(monotonic_ms);
        let leads = self.exchange.take_if(|current| current.number == exchange).is_some();
        let token = self.incoming(monotonic_ms, new);
        let has_closed_circuit = self.close_circuit();
        self.failures_without_token = 0;
        // A leader that was given up can bring a token that expires before the current one.
        let dead_point_ms = token.points.dead_point_ms;
        let better =
            self.token.as_ref().is_none_or(|old| old.points.dead_point_ms <= dead_point_ms);
        if better && token.token_now_ms < token.points.refresh_point_ms {
            (self.failed_refreshes, self.no_refresh_until_ms) = (0, i64::MIN);
        } else if better || leads {
            // The service returns the same token as before: another exchange now would not help.
            self.failed_refreshes = self.failed_refreshes.saturating_add(1);
            let wait_ms = token.refresh_wait_ms(self.failed_refreshes);
            self.no_refresh_until_ms = self.cool_down_now_ms(now_ms) + wait_ms;
        }
        if !better {
            return LeaderAction::Done { token: None, hand_out_for_ms: 0, has_closed_circuit };
        }
        self.install(token, has_closed_circuit)
    }

    /// Records that the exchange has failed and its leader does not retry.
    pub fn failed(&mut self, monotonic_ms: i64, exchange: u32, error: E) -> LeaderAction {
        let now_ms = self.tick(monotonic_ms);
        if self.exchange.take_if(|current| current.number == exchange).is_none() {
            return LeaderAction::Superseded;
        }
        self.reason_without_token = Reason::Failure;
        LeaderAction::Failed { has_opened_circuit: self.remember(now_ms, error) }
    }

    /// Records that the exchange has failed at a coordinator, which makes the exchanges of many
    /// clients. The coordinator retries, backs off and opens the circuit for all of them. So this
    /// lifecycle asks it again after [`COORDINATOR_FAILURE_MS`].
    pub fn failed_at_coordinator(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        error: E,
    ) -> LeaderAction {
        let now_ms = self.tick(monotonic_ms);
        if self.exchange.take_if(|current| current.number == exchange).is_none() {
            return LeaderAction::Superseded;
        }
        self.reason_without_token = Reason::Failure;
        let asked_ms = error.retry_after_ms().min(MAX_RETRY_AFTER_MS);
        self.remember_for(now_ms, COORDINATOR_FAILURE_MS, error);
        if let Some(failure) = &mut self.last_failure {
            failure.calls_fail_until_ms += (asked_ms - COORDINATOR_FAILURE_MS).max(0);
        }
        LeaderAction::Failed { has_opened_circuit: false }
    }

    /// Records that the request that leads this exchange is gone. The next caller leads a new
    /// exchange. If the leader was waiting to retry, the new exchange starts after that wait.
    pub fn abandoned(&mut self, monotonic_ms: i64, exchange: u32) {
        let now_ms = self.tick(monotonic_ms);
        self.give_up_leader_if(now_ms, |current| {
            current.number == exchange && !current.waits_to_retry
        });
    }

    pub(super) fn give_up_leader_if(
        &mut self,
        now_ms: i64,
        is_gone: impl FnOnce(&Exchange<E>) -> bool,
    ) {
        if let Some(gone) = self.exchange.take_if(|exchange| is_gone(exchange)) {
            self.reason_without_token = Reason::Abandoned;
            if gone.store_only {
                self.fail_waiting_callers(now_ms);
            }
        }
    }

    /// Remembers a failure for as long as its kind needs. Returns whether this opens the circuit.
    fn remember(&mut self, now_ms: i64, error: E) -> bool {
        let asked_ms = error.retry_after_ms().min(MAX_RETRY_AFTER_MS);
        if error.rejects_keys() {
            self.key_rejections = self.key_rejections.saturating_add(1);
            let wait_ms = CIRCUIT_BACKOFF.wait_ms(self.key_rejections).max(asked_ms);
            self.remember_for(now_ms, wait_ms, error);
            return self.key_rejections == 1;
        }
        let (no_refresh_ms, remembered_ms) = if let Some(token) = &self.token {
            self.failed_refreshes = self.failed_refreshes.saturating_add(1);
            (token.refresh_wait_ms(self.failed_refreshes).max(asked_ms), asked_ms)
        } else {
            self.failures_without_token = self.failures_without_token.saturating_add(1);
            (0, FAILURE_BACKOFF.wait_ms(self.failures_without_token).max(asked_ms))
        };
        self.no_refresh_until_ms = self.cool_down_now_ms(now_ms) + no_refresh_ms;
        self.remember_for(now_ms, remembered_ms, error);
        false
    }

    fn remember_for(&mut self, now_ms: i64, ms: i64, error: E) {
        let cool_down_until_ms = self.cool_down_now_ms(now_ms) + ms;
        self.last_failure = Some(RememberedFailure {
            error,
            failed_at_ms: now_ms,
            cool_down_until_ms,
            calls_fail_until_ms: cool_down_until_ms,
            waits_ended_at_ms: now_ms,
        });
    }

    /// Returns the last failure while its cool-down lasts.
    pub(super) fn remembered_failure(&self, now_ms: i64) -> Option<&RememberedFailure<E>> {
        let cool_down_now_ms = self.cool_down_now_ms(now_ms);
        self.last_failure.as_ref().filter(|failure| cool_down_now_ms < failure.cool_down_until_ms)
    }
}
