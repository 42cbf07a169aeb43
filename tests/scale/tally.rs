//! The counters of a fleet.

use crate::assumptions::{MINUTE_MS, START_MS, WATCHED_MS};

#[derive(Debug, PartialEq, Eq)]
pub struct Tally {
    /// Exchanges with the service, by minute.
    minutes: Vec<u32>,
    /// How long each request waited that had to wait.
    waits_ms: Vec<i64>,
    /// How many of these waited for an exchange with the service.
    pub waited_for_exchange: usize,
    pub failed: usize,
    pub last_failed_ms: i64,
}

/// Returns the minute of an instant, or the number of minutes of a span.
fn minute(ms: i64) -> usize {
    usize::try_from(ms / MINUTE_MS).unwrap_or_default()
}

impl Tally {
    pub fn new() -> Self {
        Self {
            minutes: vec![0; minute(WATCHED_MS)],
            waits_ms: Vec::new(),
            waited_for_exchange: 0,
            failed: 0,
            last_failed_ms: 0,
        }
    }

    pub fn exchange(&mut self, now: i64) {
        self.minutes[minute(now)] += 1;
    }

    pub fn wait(&mut self, waited_ms: i64, for_exchange: bool) {
        self.waits_ms.push(waited_ms);
        self.waited_for_exchange += usize::from(for_exchange);
    }

    pub fn fail(&mut self, now: i64) {
        self.failed += 1;
        self.last_failed_ms = now;
    }

    pub fn waited(&self) -> usize {
        self.waits_ms.len()
    }

    /// Returns the wait that `of_100` percent of the waits do not exceed.
    pub fn percentile(&self, of_100: usize) -> Option<i64> {
        let mut waits_ms = self.waits_ms.clone();
        let rank = (waits_ms.len() * of_100).div_ceil(100).checked_sub(1)?;
        Some(*waits_ms.select_nth_unstable(rank).1)
    }

    pub fn busiest_minute_of_the_start(&self) -> u32 {
        self.start().iter().copied().max().unwrap_or_default()
    }

    pub fn busiest_minute_after(&self) -> u32 {
        self.after().iter().copied().max().unwrap_or_default()
    }

    pub fn an_hour_after(&self) -> f64 {
        let minutes = u32::try_from(self.after().len()).unwrap_or(u32::MAX);
        let exchanges: f64 = self.after().iter().map(|minute| f64::from(*minute)).sum();
        exchanges * 60.0 / f64::from(minutes)
    }

    fn start(&self) -> &[u32] {
        &self.minutes[..minute(START_MS)]
    }

    fn after(&self) -> &[u32] {
        &self.minutes[minute(START_MS)..]
    }
}
