//! The attempts of one exchange: how many there are, how long each may take, and how long to wait
//! between two of them.

use crate::lifecycle::{Backoff, Clock, Failure};

/// The wait between two attempts, before its jitter.
pub const RETRY: Backoff = Backoff { base_ms: 200, cap_ms: 5_000 };

/// How long and how often one exchange tries.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How long one attempt may take.
    pub timeout_ms: i64,
    /// How many attempts may follow the first.
    pub retries: u32,
    /// How long all attempts and the waits between them may take.
    pub deadline_ms: i64,
}

/// The attempts of one exchange. All times are readings of one clock, which may be put back
/// meanwhile: that gives the exchange no more time.
#[derive(Clone, Debug)]
pub struct Attempts {
    policy: RetryPolicy,
    clock: Clock,
    /// The end of the exchange, in the own time of `clock`.
    deadline_ms: i64,
    begun: u32,
}

impl Attempts {
    /// No attempt yet. The deadline counts from now.
    pub fn new(policy: RetryPolicy, now_ms: i64) -> Self {
        let mut clock = Clock::default();
        let (now, _) = clock.tick(now_ms);
        Self { policy, clock, deadline_ms: now.saturating_add(policy.deadline_ms), begun: 0 }
    }

    /// Begins the next attempt, and returns how long it may take: the timeout, or what is left until
    /// the deadline if that is less, but at least 1 ms.
    pub fn begin(&mut self, now_ms: i64) -> i64 {
        let (now, _) = self.clock.tick(now_ms);
        self.begun = self.begun.saturating_add(1);
        self.policy.timeout_ms.min(self.deadline_ms - now).max(1)
    }

    /// The number of the latest attempt. The first is 1.
    pub fn number(&self) -> u32 {
        self.begun
    }

    /// How long to wait before the next attempt, now that the latest has failed with `error`. `None`
    /// when there is no next one. `jitter` is a random number from 0 to 1.
    pub fn wait_ms(&mut self, now_ms: i64, error: &impl Failure, jitter: f64) -> Option<i64> {
        let (now, _) = self.clock.tick(now_ms);
        if !error.is_retryable() || self.begun > self.policy.retries {
            return None;
        }
        let wait_ms = RETRY.jittered_ms(self.begun, jitter).max(error.retry_after_ms());
        (now.saturating_add(wait_ms) < self.deadline_ms).then_some(wait_ms)
    }
}
