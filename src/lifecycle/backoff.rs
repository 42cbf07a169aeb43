//! How long each cool-down lasts.

use super::phase::share;

/// A wait that doubles with each failure in a row, up to a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure, in milliseconds.
    pub base_ms: i64,
    /// The longest wait, in milliseconds.
    pub cap_ms: i64,
}

/// Between exchanges that fail while there is no token.
pub const FAILURE_BACKOFF: Backoff = Backoff { base_ms: 1_000, cap_ms: 60_000 };
/// Between refreshes that fail while the current token is still handed out.
pub const REFRESH_BACKOFF: Backoff = Backoff { base_ms: 5_000, cap_ms: 60_000 };
/// Between the probes of an open circuit: the service has rejected the keys.
pub const CIRCUIT_BACKOFF: Backoff = Backoff { base_ms: 30_000, cap_ms: 600_000 };
/// Between exchanges that a 401 forces, after a new token got a 401 too.
pub const REPLAY_BACKOFF: Backoff = Backoff { base_ms: 5_000, cap_ms: 300_000 };

impl Backoff {
    /// Returns the wait after this many failures in a row, in milliseconds.
    pub fn wait_ms(self, failures: u32) -> i64 {
        let doublings = failures.saturating_sub(1).min(32);
        self.base_ms.saturating_mul(1_i64 << doublings).min(self.cap_ms)
    }

    /// Returns the wait with full jitter: `jitter`, from 0 to 1, is the share of
    /// [`wait_ms`](Self::wait_ms) to wait.
    pub fn jittered_ms(self, failures: u32, jitter: f64) -> i64 {
        share(self.wait_ms(failures), jitter)
    }
}
