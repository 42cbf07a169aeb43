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
    /// When the latest attempt is over, in the own time of `clock`.
    over_ms: i64,
    /// Those that came in place of one whose token was over on arrival: one at most.
    extra: u32,
}

impl Attempts {
    /// No attempt yet. The deadline counts from now.
    pub fn new(policy: RetryPolicy, now_ms: i64) -> Self {
        let mut clock = Clock::default();
        let (now, _) = clock.tick(now_ms);
        let deadline_ms = now.saturating_add(policy.deadline_ms);
        Self { policy, clock, deadline_ms, begun: 0, over_ms: now, extra: 0 }
    }

    /// Begins the next attempt, and returns how long it may take: the timeout, or what is left until
    /// the deadline if that is less, but at least 1 ms.
    pub fn begin(&mut self, now_ms: i64) -> i64 {
        let (now, _) = self.clock.tick(now_ms);
        self.begun = self.begun.saturating_add(1);
        let timeout_ms = self.policy.timeout_ms.min(self.deadline_ms - now).max(1);
        self.over_ms = now + timeout_ms;
        timeout_ms
    }

    /// The number of the latest attempt. The first is 1.
    pub fn number(&self) -> u32 {
        self.begun
    }

    /// How long to wait before the next attempt, now that the latest has failed with `error`. `None`
    /// when there is no next one. `jitter` is a random number from 0 to 1.
    ///
    /// Once, a token that was over on arrival is a reason to try again at once, beyond `retries`: the
    /// machine has slept, or the clock was put ahead. Where the clock of the deadline is the wall
    /// clock, an attempt then seems to have taken longer than it can: that is not counted.
    pub fn wait_ms(&mut self, now_ms: i64, error: &impl Failure, jitter: f64) -> Option<i64> {
        let (now, _) = self.clock.tick(now_ms);
        if error.came_late() && self.extra == 0 {
            self.extra = 1;
            self.deadline_ms += (now - self.over_ms).max(0);
            return (now < self.deadline_ms).then_some(0);
        }
        if !error.is_retryable() || self.begun - self.extra > self.policy.retries {
            return None;
        }
        let wait_ms = RETRY.jittered_ms(self.begun, jitter).max(error.retry_after_ms());
        (now.saturating_add(wait_ms) < self.deadline_ms).then_some(wait_ms)
    }
}
