//! The only source of randomness, with one seed.

use fastrand::Rng;

use crate::assumptions::TAIL;

pub struct Chance(Rng);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// Returns a number from 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.0.f64()
    }

    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.share()
    }

    pub fn below(&mut self, limit: i64) -> i64 {
        self.0.i64(0..limit)
    }

    /// Returns the time until the next event of a Poisson process, which has one every `mean_ms` on
    /// average.
    pub fn until(&mut self, mean_ms: i64) -> i64 {
        whole(self.exponential() * real(mean_ms))
    }

    /// Returns a latency of at least `least_ms`.
    pub fn latency(&mut self, least_ms: f64) -> i64 {
        whole(least_ms * (1.0 + TAIL * self.exponential())).max(1)
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.share()).ln()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "days of milliseconds fit easily")]
fn whole(ms: f64) -> i64 {
    ms.round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "days of milliseconds are exact")]
pub fn real(ms: i64) -> f64 {
    ms as f64
}
