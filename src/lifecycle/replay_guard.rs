//! When a 401 may have a new token got, by what became of the tokens that were got for one.

use super::REPLAY;

/// Holds off new tokens while they are rejected too.
#[derive(Clone, Debug)]
pub(super) struct ReplayGuard {
    /// No 401 has a token got before this.
    closed_until_ms: i64,
    /// New tokens that were rejected as well, one after another.
    rejected_in_a_row: u32,
    /// The last one of those.
    last_rejected: Option<u32>,
}

impl Default for ReplayGuard {
    fn default() -> Self {
        Self { closed_until_ms: i64::MIN, rejected_in_a_row: 0, last_rejected: None }
    }
}

impl ReplayGuard {
    pub(super) const fn allows(&self, now: i64) -> bool {
        now >= self.closed_until_ms
    }

    /// A request that was sent again with this newer token was answered with another 401, or not.
    /// Returns whether that is news.
    pub(super) fn replayed(&mut self, now: i64, token: u32, unauthorized: bool) -> bool {
        // A token counts once, however many requests were sent again with it. That another address
        // accepts it says nothing about the one that does not.
        if self.last_rejected.is_some_and(|rejected| token <= rejected) {
            return false;
        }
        if unauthorized {
            self.last_rejected = Some(token);
            self.rejected_in_a_row = self.rejected_in_a_row.saturating_add(1);
            self.closed_until_ms = now + REPLAY.wait_ms(self.rejected_in_a_row);
            return true;
        }
        self.closed_until_ms = i64::MIN;
        std::mem::take(&mut self.rejected_in_a_row) > 0
    }

    /// Whatever was wrong has been put right.
    pub(super) fn reset(&mut self) {
        (self.closed_until_ms, self.rejected_in_a_row) = (i64::MIN, 0);
    }
}
