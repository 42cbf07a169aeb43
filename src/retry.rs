//! The attempts of one exchange: which failures are retried, how long each attempt may take, and how
//! long to wait between two attempts.

use crate::lifecycle::{Backoff, Clock, Failure};

/// The backoff between two attempts, before jitter.
pub const RETRY_BACKOFF: Backoff = Backoff { base_ms: 200, cap_ms: 5_000 };

/// The limits of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How long one attempt may take, in milliseconds, within [`TIMEOUT_MS`](crate::options::TIMEOUT_MS).
    pub timeout_ms: i64,
    /// How many attempts may follow the first, within [`RETRIES`](crate::options::RETRIES).
    pub retries: u32,
    /// How long all of it may take, in milliseconds, within [`DEADLINE_MS`](crate::options::DEADLINE_MS).
    pub deadline_ms: i64,
}

/// The attempts of one exchange, by the monotonic clock. If that clock steps back, the exchange gets no
/// more time.
#[derive(Clone, Debug)]
pub struct Attempts {
    policy: RetryPolicy,
    clock: Clock,
    /// When the exchange must end, in the time of `clock`.
    deadline_at_ms: i64,
    /// How many attempts have begun.
    begun: u32,
    /// When the latest attempt must end, in the time of `clock`.
    attempt_ends_at_ms: i64,
    /// Extra attempts, because a token had expired on arrival: one at most.
    extra: u32,
}

impl Attempts {
    /// Returns an exchange without an attempt. The deadline counts from `monotonic_ms`.
    pub fn new(policy: RetryPolicy, monotonic_ms: i64) -> Self {
        let mut clock = Clock::default();
        let (now_ms, _) = clock.tick(monotonic_ms);
        let deadline_at_ms = now_ms.saturating_add(policy.deadline_ms);
        Self { policy, clock, deadline_at_ms, begun: 0, attempt_ends_at_ms: now_ms, extra: 0 }
    }

    /// Begins the next attempt. Returns how long it may take, in milliseconds: the timeout, or the time
    /// until the deadline if that is shorter, and at least 1.
    pub fn begin(&mut self, monotonic_ms: i64) -> i64 {
        let (now_ms, _) = self.clock.tick(monotonic_ms);
        self.begun = self.begun.saturating_add(1);
        let timeout_ms = self.policy.timeout_ms.min(self.deadline_at_ms - now_ms).max(1);
        self.attempt_ends_at_ms = now_ms + timeout_ms;
        timeout_ms
    }

    /// Returns the number of the latest attempt. The first is 1.
    pub fn number(&self) -> u32 {
        self.begun
    }

    /// Returns how long to wait before the next attempt, in milliseconds, after the latest has failed
    /// with `error`. `None` if the exchange has failed. `jitter` is a random number from 0 to 1.
    ///
    /// After a token that had expired on arrival, one extra attempt follows at once: the machine has
    /// slept, or the clock was set ahead. If that clock also measures the deadline, the attempt seems
    /// to have taken longer than its timeout. The excess does not count.
    pub fn wait_ms(&mut self, monotonic_ms: i64, error: &impl Failure, jitter: f64) -> Option<i64> {
        let (now_ms, _) = self.clock.tick(monotonic_ms);
        if error.expired_on_arrival() && self.extra == 0 {
            self.extra = 1;
            self.deadline_at_ms += (now_ms - self.attempt_ends_at_ms).max(0);
            return (now_ms < self.deadline_at_ms).then_some(0);
        }
        if !error.is_retryable() || self.begun - self.extra > self.policy.retries {
            return None;
        }
        let wait_ms = RETRY_BACKOFF.jittered_ms(self.begun, jitter).max(error.retry_after_ms());
        (now_ms.saturating_add(wait_ms) < self.deadline_at_ms).then_some(wait_ms)
    }
}
