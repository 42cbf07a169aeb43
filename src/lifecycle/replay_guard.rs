//! Whether a 401 may force an exchange.

use super::REPLAY_BACKOFF;

/// Stops 401s from forcing exchanges while new tokens are rejected too.
#[derive(Clone, Debug)]
pub(super) struct ReplayGuard {
    /// Until then no 401 forces an exchange.
    blocked_until_ms: i64,
    /// How many new tokens in a row were rejected.
    rejected_in_a_row: u32,
    /// The last new token that was rejected.
    last_rejected: Option<u32>,
}

impl Default for ReplayGuard {
    fn default() -> Self {
        Self { blocked_until_ms: i64::MIN, rejected_in_a_row: 0, last_rejected: None }
    }
}

impl ReplayGuard {
    /// Returns whether a 401 at `cool_down_now_ms` may force an exchange.
    pub(super) const fn allows(&self, cool_down_now_ms: i64) -> bool {
        cool_down_now_ms >= self.blocked_until_ms
    }

    /// Records the answer to a request that was sent again with this newer token: a 401
    /// (`unauthorized`) or another one. Returns whether that changes the cool-down.
    pub(super) fn replayed(
        &mut self,
        cool_down_now_ms: i64,
        token: u32,
        unauthorized: bool,
    ) -> bool {
        // A token counts once, however many requests were sent again with it. If one address rejects
        // the token and another accepts it, the first still needs the cool-down.
        if self.last_rejected.is_some_and(|rejected| token <= rejected) {
            return false;
        }
        if unauthorized {
            self.last_rejected = Some(token);
            self.rejected_in_a_row = self.rejected_in_a_row.saturating_add(1);
            self.blocked_until_ms =
                cool_down_now_ms + REPLAY_BACKOFF.wait_ms(self.rejected_in_a_row);
            return true;
        }
        self.blocked_until_ms = i64::MIN;
        std::mem::take(&mut self.rejected_in_a_row) > 0
    }

    /// Ends the cool-down and its doubling.
    pub(super) fn reset(&mut self) {
        (self.blocked_until_ms, self.rejected_in_a_row) = (i64::MIN, 0);
    }
}
