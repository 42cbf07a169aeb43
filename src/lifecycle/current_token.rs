//! The current token. The lifecycle knows its number and its points, and never its value.

use super::{Backoff, Failure, LeaderAction, Lifecycle, REFRESH_BACKOFF, Reason, TokenPoints};

/// A token that an exchange or the store has brought.
#[derive(Clone, Copy, Debug)]
pub struct NewToken {
    /// How long until it expires, in milliseconds.
    pub expires_in_ms: i64,
    /// The lifetime that its refresh window scales with, in milliseconds.
    pub lifetime_ms: i64,
    /// The jitter of its refresh point, from 0 to 1.
    pub jitter: f64,
}

/// The token that is handed out.
#[derive(Clone, Debug)]
pub(super) struct CurrentToken {
    pub(super) number: u32,
    pub(super) points: TokenPoints,
    pub(super) lifetime_ms: i64,
    /// The latest token time since the token came. It can be behind the lifecycle time, because a
    /// small step back of the clock just before the token came does not count.
    pub(super) token_now_ms: i64,
}

impl CurrentToken {
    /// Returns the token's points in lifecycle time, which is `now_ms` now.
    pub(super) fn points_in_lifecycle_time(&self, now_ms: i64) -> TokenPoints {
        self.points.later(now_ms - self.token_now_ms)
    }

    /// Returns the wait before the next refresh, in milliseconds.
    pub(super) fn refresh_wait_ms(&self, failed_refreshes: u32) -> i64 {
        let base_ms = REFRESH_BACKOFF.base_ms.min(self.lifetime_ms / 10);
        Backoff { base_ms, ..REFRESH_BACKOFF }.wait_ms(failed_refreshes)
    }
}

impl<E: Failure> Lifecycle<E> {
    /// Records that a request with this token got a 401. Returns whether to ask for a token and send
    /// the request again. If not, the caller gets the 401.
    pub fn unauthorized(&mut self, monotonic_ms: i64, token: u32) -> bool {
        let now_ms = self.tick(monotonic_ms);
        if self.token.as_ref().is_some_and(|current| current.number == token) {
            if !self.replay_guard.allows(self.cool_down_now_ms(now_ms)) {
                return false;
            }
            self.drop_token(Reason::Rejected);
        }
        true
    }

    /// Records the answer to a request that was sent again with this newer token: a 401
    /// (`unauthorized`) or another one. Returns whether that changes the cool-down.
    pub fn replayed(&mut self, monotonic_ms: i64, token: u32, unauthorized: bool) -> bool {
        let now_ms = self.tick(monotonic_ms);
        self.replay_guard.replayed(self.cool_down_now_ms(now_ms), token, unauthorized)
    }

    /// Drops the current token if it is this one, or without an argument in any case.
    pub fn invalidate(&mut self, token: Option<u32>) {
        let drops = |current: &CurrentToken| token.is_none_or(|token| token == current.number);
        if self.token.as_ref().is_some_and(drops) {
            self.drop_token(Reason::Rejected);
        }
    }

    /// Returns what the current token would be with this new token, which has come now.
    pub(super) fn incoming(&self, monotonic_ms: i64, new: NewToken) -> CurrentToken {
        let NewToken { expires_in_ms, lifetime_ms, jitter } = new;
        let token_now_ms = self.token_now_ms(monotonic_ms);
        let refresh_ahead = self.policy.refresh_ahead;
        let expiry_point_ms = token_now_ms + expires_in_ms;
        let points = TokenPoints::new(expiry_point_ms, lifetime_ms, refresh_ahead, jitter);
        CurrentToken { number: self.last_token + 1, points, lifetime_ms, token_now_ms }
    }

    /// Makes this token the current one. Returns the leader's next action.
    pub(super) fn install(
        &mut self,
        token: CurrentToken,
        has_closed_circuit: bool,
    ) -> LeaderAction {
        let hand_out_for_ms = (token.points.refresh_point_ms - token.token_now_ms).max(0);
        self.clock.token_installed();
        self.last_token = token.number;
        self.token = Some(token);
        LeaderAction::Done { token: Some(self.last_token), hand_out_for_ms, has_closed_circuit }
    }

    pub(super) fn drop_token(&mut self, reason: Reason) {
        if self.token.take().is_some() {
            self.reason_without_token = reason;
        }
    }
}
