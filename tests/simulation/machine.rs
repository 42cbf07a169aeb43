//! What the simulation drives: the lifecycle, or one that was broken on purpose.

use pay4power_auth::error::Error;
use pay4power_auth::lifecycle::{Ask, Lifecycle, Next};
use pay4power_auth::moment::Moment;

/// A token's life when it comes.
#[derive(Clone, Copy)]
pub struct Life {
    pub left_ms: i64,
    pub whole_ms: i64,
}

/// The events of a lifecycle, and the one that must not be one: a caller leaves.
pub trait Machine {
    fn observe(&mut self, reading_ms: i64);
    fn clocks_read(&mut self, now: Moment);
    fn ask(&mut self, reading_ms: i64, asked_at_ms: Option<i64>) -> Ask;
    fn progress(
        &mut self,
        reading_ms: i64,
        exchange: u32,
        until_ms: i64,
        failure: Option<Error>,
    ) -> bool;
    fn succeeded(&mut self, reading_ms: i64, exchange: u32, life: Life, jitter: f64) -> Next;
    fn failed(&mut self, reading_ms: i64, exchange: u32, error: Error) -> Next;
    fn unauthorized(&mut self, reading_ms: i64, token: u32) -> bool;
    fn replayed(&mut self, reading_ms: i64, token: u32, unauthorized: bool);
    fn invalidate(&mut self);
    fn reset(&mut self);
    fn store_read_begins(&mut self, reading_ms: i64, exchange: u32) -> Option<i64>;
    fn restored(&mut self, reading_ms: i64, exchange: u32, life: Life, jitter: f64) -> Next;
    fn missed(&mut self, reading_ms: i64, exchange: u32) -> Next;
    fn refused(&mut self, reading_ms: i64, exchange: u32, error: Error) -> Next;
    fn caller_left(&mut self) {}
    /// What the shell around it does by itself.
    fn habits(&self) -> Habits {
        Habits::default()
    }
}

/// What a sound shell does by itself.
#[derive(Clone, Copy)]
pub struct Habits {
    /// It takes note of the time whenever it reads its clock.
    pub sees_every_reading: bool,
    /// It keeps a token while another is waited for.
    pub keeps_what_is_waited_over: bool,
    /// It takes nothing from the store that was rejected.
    pub knows_the_rejected: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self { sees_every_reading: true, keeps_what_is_waited_over: true, knows_the_rejected: true }
    }
}

impl Machine for Lifecycle {
    fn observe(&mut self, reading_ms: i64) {
        Self::observe(self, reading_ms);
    }

    fn clocks_read(&mut self, now: Moment) {
        Self::clocks_read(self, now);
    }

    fn ask(&mut self, reading_ms: i64, asked_at_ms: Option<i64>) -> Ask {
        Self::ask(self, reading_ms, asked_at_ms)
    }

    fn progress(
        &mut self,
        reading_ms: i64,
        exchange: u32,
        until_ms: i64,
        failure: Option<Error>,
    ) -> bool {
        Self::progress(self, reading_ms, exchange, until_ms, failure)
    }

    fn succeeded(&mut self, reading_ms: i64, exchange: u32, life: Life, jitter: f64) -> Next {
        Self::succeeded(self, reading_ms, exchange, life.left_ms, life.whole_ms, jitter)
    }

    fn failed(&mut self, reading_ms: i64, exchange: u32, error: Error) -> Next {
        Self::failed(self, reading_ms, exchange, error)
    }

    fn unauthorized(&mut self, reading_ms: i64, token: u32) -> bool {
        Self::unauthorized(self, reading_ms, token)
    }

    fn replayed(&mut self, reading_ms: i64, token: u32, unauthorized: bool) {
        Self::replayed(self, reading_ms, token, unauthorized);
    }

    fn invalidate(&mut self) {
        Self::invalidate(self, None);
    }

    fn reset(&mut self) {
        Self::reset(self);
    }

    fn store_read_begins(&mut self, reading_ms: i64, exchange: u32) -> Option<i64> {
        Self::store_read_begins(self, reading_ms, exchange)
    }

    fn restored(&mut self, reading_ms: i64, exchange: u32, life: Life, jitter: f64) -> Next {
        Self::restored(self, reading_ms, exchange, life.left_ms, life.whole_ms, jitter)
    }

    fn missed(&mut self, reading_ms: i64, exchange: u32) -> Next {
        Self::missed(self, reading_ms, exchange)
    }

    fn refused(&mut self, reading_ms: i64, exchange: u32, error: Error) -> Next {
        Self::refused(self, reading_ms, exchange, error)
    }
}
