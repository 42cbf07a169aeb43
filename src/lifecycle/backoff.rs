//! How long to wait after failures.

use super::points::share;

/// A wait that doubles with each failure in a row, up to a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub base_ms: i64,
    /// The longest wait.
    pub cap_ms: i64,
}

/// After a failure with no token at hand.
pub const FAILURE: Backoff = Backoff { base_ms: 1_000, cap_ms: 60_000 };
/// After a failed refresh while the old token is served.
pub const BACKGROUND: Backoff = Backoff { base_ms: 5_000, cap_ms: 60_000 };
/// After the service has rejected the keys.
pub const CIRCUIT: Backoff = Backoff { base_ms: 30_000, cap_ms: 600_000 };
/// After a new token was answered with a 401 too.
pub const REPLAY: Backoff = Backoff { base_ms: 5_000, cap_ms: 300_000 };

impl Backoff {
    /// The wait after the `failures`th failure in a row.
    pub fn wait_ms(self, failures: u32) -> i64 {
        let doublings = failures.saturating_sub(1).min(32);
        self.base_ms.saturating_mul(1_i64 << doublings).min(self.cap_ms)
    }

    /// The same with full jitter: anything from nothing to that wait. `jitter` is from 0 to 1.
    pub fn jittered_ms(self, failures: u32, jitter: f64) -> i64 {
        share(self.wait_ms(failures), jitter)
    }
}
