//! The interface of the lifecycle that the simulation drives: the real one, or a mutant.

use pay4power_auth::clock_readings::ClockReadings;
use pay4power_auth::error::Error;
use pay4power_auth::lifecycle::{CallerAction, LeaderAction, Lifecycle, NewToken};

/// A token's life at the moment when it comes.
#[derive(Clone, Copy)]
pub struct Life {
    pub left_ms: i64,
    pub whole_ms: i64,
}

impl Life {
    pub const fn new_token(self, jitter: f64) -> NewToken {
        NewToken { expires_in_ms: self.left_ms, lifetime_ms: self.whole_ms, jitter }
    }
}

/// The events of a lifecycle. `caller_left` is not one: the real lifecycle ignores it.
pub trait SimulatedLifecycle {
    fn observe(&mut self, monotonic_ms: i64);
    fn clocks_read(&mut self, now: ClockReadings);
    fn ask(&mut self, monotonic_ms: i64, asked_at_ms: Option<i64>) -> CallerAction;
    fn progress(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        until_monotonic_ms: i64,
        failure: Option<Error>,
    ) -> bool;
    fn succeeded(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        life: Life,
        jitter: f64,
    ) -> LeaderAction;
    fn failed(&mut self, monotonic_ms: i64, exchange: u32, error: Error) -> LeaderAction;
    fn unauthorized(&mut self, monotonic_ms: i64, token: u32) -> bool;
    fn replayed(&mut self, monotonic_ms: i64, token: u32, unauthorized: bool);
    fn invalidate(&mut self);
    fn reset(&mut self);
    fn store_read_begins(&mut self, monotonic_ms: i64, exchange: u32) -> Option<i64>;
    fn store_hit(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        life: Life,
        jitter: f64,
    ) -> LeaderAction;
    fn store_miss(&mut self, monotonic_ms: i64, exchange: u32) -> LeaderAction;
    fn failed_at_coordinator(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        error: Error,
    ) -> LeaderAction;
    fn caller_left(&mut self) {}
    /// Returns the habits of the shell around this lifecycle.
    fn habits(&self) -> Habits {
        Habits::default()
    }
}

/// The habits of a shell. A correct one has all of them.
#[derive(Clone, Copy)]
pub struct Habits {
    /// It reports every reading of its clock.
    pub sees_every_reading: bool,
    /// It keeps an expiring token while callers wait for a new one.
    pub keeps_the_expiring: bool,
    /// It takes no rejected token from the store.
    pub knows_the_rejected: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self { sees_every_reading: true, keeps_the_expiring: true, knows_the_rejected: true }
    }
}

impl SimulatedLifecycle for Lifecycle {
    fn observe(&mut self, monotonic_ms: i64) {
        Self::observe(self, monotonic_ms);
    }

    fn clocks_read(&mut self, now: ClockReadings) {
        Self::clocks_read(self, now);
    }

    fn ask(&mut self, monotonic_ms: i64, asked_at_ms: Option<i64>) -> CallerAction {
        Self::ask(self, monotonic_ms, asked_at_ms)
    }

    fn progress(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        until_monotonic_ms: i64,
        failure: Option<Error>,
    ) -> bool {
        Self::progress(self, monotonic_ms, exchange, until_monotonic_ms, failure)
    }

    fn succeeded(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        life: Life,
        jitter: f64,
    ) -> LeaderAction {
        Self::succeeded(self, monotonic_ms, exchange, life.new_token(jitter))
    }

    fn failed(&mut self, monotonic_ms: i64, exchange: u32, error: Error) -> LeaderAction {
        Self::failed(self, monotonic_ms, exchange, error)
    }

    fn unauthorized(&mut self, monotonic_ms: i64, token: u32) -> bool {
        Self::unauthorized(self, monotonic_ms, token)
    }

    fn replayed(&mut self, monotonic_ms: i64, token: u32, unauthorized: bool) {
        Self::replayed(self, monotonic_ms, token, unauthorized);
    }

    fn invalidate(&mut self) {
        Self::invalidate(self, None);
    }

    fn reset(&mut self) {
        Self::reset(self);
    }

    fn store_read_begins(&mut self, monotonic_ms: i64, exchange: u32) -> Option<i64> {
        Self::store_read_begins(self, monotonic_ms, exchange)
    }

    fn store_hit(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        life: Life,
        jitter: f64,
    ) -> LeaderAction {
        Self::store_hit(self, monotonic_ms, exchange, life.new_token(jitter))
    }

    fn store_miss(&mut self, monotonic_ms: i64, exchange: u32) -> LeaderAction {
        Self::store_miss(self, monotonic_ms, exchange)
    }

    fn failed_at_coordinator(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        error: Error,
    ) -> LeaderAction {
        Self::failed_at_coordinator(self, monotonic_ms, exchange, error)
    }
}
