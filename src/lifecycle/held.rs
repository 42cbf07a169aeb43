//! The token at hand: never itself, only when it ends.

use super::{BACKGROUND, Backoff, Points};

/// A token at hand.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) id: u32,
    pub(super) points: Points,
    pub(super) lifetime_ms: i64,
    /// The latest time since it came. The clock may have been a little further on before.
    pub(super) now_ms: i64,
}

impl Held {
    /// Its points, as they lie for whoever takes it to be `now`.
    pub(super) fn points_at(&self, now: i64) -> Points {
        self.points.later(now - self.now_ms)
    }

    /// How long a refresh of this token waits after so many failures.
    pub(super) fn refresh_wait_ms(&self, failures: u32) -> i64 {
        let base_ms = BACKGROUND.base_ms.min(self.lifetime_ms / 10);
        Backoff { base_ms, ..BACKGROUND }.wait_ms(failures)
    }
}
