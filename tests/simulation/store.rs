//! A store that other processes write to: the results of its reads, and their times.

use fastrand::Rng;

use crate::draw::{For, chances, often, pick};
use crate::schedule::Schedule;

/// The store of one schedule.
#[derive(Clone, Copy, Debug)]
pub struct Sharing {
    pub latency_ms: (i64, i64),
    /// How many of 100 reads never end.
    hangs: u32,
    /// How many of 100 reads fail or find no token.
    misses: u32,
    /// How many of 100 found tokens are from another process.
    strangers: u32,
    /// The largest age of such a token, in percent of its lifetime. Above 100 it has expired.
    ages: i64,
}

/// A token in the store. `issued_ms`, when the service issued it, identifies it. `skew_ms` is how much
/// sooner it seems to expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub issued_ms: i64,
    pub skew_ms: i64,
}

impl Sharing {
    /// How many of 100 schedules have a store.
    const OF_100: u32 = 25;

    pub fn draw(rng: &mut Rng) -> Option<Self> {
        often(rng, Self::OF_100).then(|| Self {
            latency_ms: pick(rng, &[(0, 5), (5, 100), (100, 1_100), (900, 3_000)]),
            hangs: if often(rng, 30) { rng.u32(0..=100) } else { 0 },
            misses: if often(rng, 60) { rng.u32(0..=100) } else { 0 },
            strangers: pick(rng, &[0, 50, 50, 100]),
            ages: pick(rng, &[20, 80, 125]),
        })
    }

    /// Returns the result of a read that begins now, and its latency in milliseconds. `own` are the
    /// tokens that this process has stored.
    pub fn read(
        &self,
        schedule: &Schedule,
        now_ms: i64,
        exchange: u32,
        timeout_ms: i64,
        own: &[i64],
    ) -> (Option<Found>, i64) {
        let mut rng = chances(schedule.seed, For::Store, exchange, 0);
        let latency_ms = rng.i64(self.latency_ms.0..=self.latency_ms.1);
        let latency_ms = if often(&mut rng, self.hangs) { i64::MAX } else { latency_ms };
        if latency_ms >= timeout_ms {
            return (None, timeout_ms);
        }
        if often(&mut rng, self.misses) {
            return (None, latency_ms);
        }
        let age_ms = rng.i64(0..=schedule.lifetime_ms * self.ages / 100);
        let stranger_ms = now_ms + latency_ms / 2 - age_ms;
        // A store may return an older value than the last one.
        let own_ms = if rng.bool() { own.last() } else { own.get(rng.usize(0..=own.len())) };
        let issued_ms = own_ms.copied().filter(|_| !often(&mut rng, self.strangers));
        let skew_ms = if rng.bool() { rng.i64(0..1_000) } else { 0 };
        (Some(Found { issued_ms: issued_ms.unwrap_or(stranger_ms), skew_ms }), latency_ms)
    }
}
