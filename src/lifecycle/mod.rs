//! When to hand out a token, when to get a new one, and what to do when that fails.
//!
//! A state machine without I/O: events go in, each with the time; actions come out. Whoever drives
//! it makes the exchanges that it [starts](Ask::Start), and does nothing else of its own accord.
//! It never sees a token, only when one ends; tokens and exchanges are known by numbers.
//!
//! Who makes an exchange is its leader. It tries as often as it likes ([`crate::retry`]), and tells
//! the lifecycle of each attempt and each wait when it will be heard of again, and at last how the
//! exchange has ended.

mod actions;
mod ask;
mod backoff;
mod clock;
mod current;
mod exchange;
mod failure;
mod points;
mod replay_guard;
mod state;
mod store;

pub use actions::{Ask, Next, Reason, Start};
pub use backoff::{BACKGROUND, Backoff, CIRCUIT, FAILURE, REPLAY};
pub use clock::{Clock, STEP_MS};
pub use failure::Failure;
pub use points::{Phase, Points};
pub use state::{Circuit, State};
pub use store::{STORE_PAUSE_MS, STORE_TIMEOUT_MS};

use self::current::CurrentToken;
use self::exchange::{Exchange, RememberedFailure};
use self::replay_guard::ReplayGuard;
use crate::error::Error;
use crate::moment::Moment;

/// How late a leader may be before it is taken to be gone.
pub const GRACE_MS: i64 = 250;
/// How long an expiring token is waited over for a new one.
pub const PATIENCE_MS: i64 = 1_000;
/// How long a [refusal](Lifecycle::refused) is remembered.
pub const REFUSAL_MS: i64 = 1_000;

/// A failure is remembered for no longer than this, whatever the service asks.
pub const MAX_REMEMBERED_MS: i64 = 600_000;

/// What a caller has decided for the whole life of a lifecycle.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How long one attempt may take.
    pub timeout_ms: i64,
    /// How long one exchange, and each caller's wait, may take.
    pub deadline_ms: i64,
    /// The share of a token's lifetime before which a new one is got.
    pub refresh_ahead: f64,
    /// Whether there is a store, to be asked before the service is.
    pub has_store: bool,
}

/// The state machine. `E` is what whoever drives it knows of an error.
#[derive(Clone, Debug)]
pub struct Lifecycle<E = Error> {
    policy: Policy,
    clock: Clock,
    /// The number of the last token so far.
    last_token: u32,
    token: Option<CurrentToken>,
    /// Why there is no current token.
    absent_because: Reason,
    /// The number of the last exchange so far.
    last_exchange: u32,
    /// The one under way.
    exchange: Option<Exchange<E>>,
    remembered: Option<RememberedFailure<E>>,
    /// Refreshes in a row that brought nothing.
    failed_refreshes: u32,
    no_refresh_before_ms: i64,
    /// Exchanges in a row that failed while there was no token.
    failures_without_token: u32,
    /// Exchanges in a row in which the service rejected the keys. A circuit is open from the first
    /// one on, whatever a probe ends in, until the service has accepted the keys.
    key_rejections: u32,
    /// Holds an instant of the time of cool-downs, as all that holds an exchange back.
    replay_guard: ReplayGuard,
    /// While a failure is remembered, the store is not asked before this.
    no_store_read_before_ms: i64,
}

impl<E: Failure> Lifecycle<E> {
    /// A lifecycle without a token.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            clock: Clock::default(),
            last_token: 0,
            token: None,
            absent_because: Reason::Absent,
            last_exchange: 0,
            exchange: None,
            remembered: None,
            failed_refreshes: 0,
            no_refresh_before_ms: i64::MIN,
            failures_without_token: 0,
            key_rejections: 0,
            replay_guard: ReplayGuard::default(),
            no_store_read_before_ms: i64::MIN,
        }
    }

    /// The caller says that whatever was wrong has been put right. Returns whether a circuit was
    /// open.
    pub fn reset(&mut self) -> bool {
        (self.failed_refreshes, self.failures_without_token) = (0, 0);
        self.no_refresh_before_ms = i64::MIN;
        self.replay_guard.reset();
        self.close_circuit()
    }

    /// Forgets what went wrong. Returns whether a circuit was open.
    fn close_circuit(&mut self) -> bool {
        self.remembered = None;
        std::mem::take(&mut self.key_rejections) > 0
    }

    /// Somebody has seen this time earlier on. The lifecycle takes note of it, so that it sees a
    /// step back from it. A time that lies before what is known says nothing.
    pub fn observe(&mut self, reading_ms: i64) {
        self.clock.note(reading_ms);
    }

    /// Both clocks were read. The next event is told of the same moment. Returns whether the steady
    /// clock has stepped back: that ends the current token.
    ///
    /// Without this, time passes by the steady clock alone.
    pub fn clocks_read(&mut self, now: Moment) -> bool {
        let stepped_back = self.clock.compare(now);
        self.age_token(now.steady_ms, stepped_back);
        stepped_back
    }

    fn tick(&mut self, reading_ms: i64) -> i64 {
        let (now, stepped_back) = self.clock.tick(reading_ms);
        self.age_token(reading_ms, stepped_back);
        now
    }

    fn age_token(&mut self, reading_ms: i64, stepped_back: bool) {
        let aged_ms = self.aged_ms(reading_ms);
        if stepped_back {
            // Nobody can tell how much of its life has passed.
            self.drop_token(Reason::Expiry);
        } else if let Some(token) = &mut self.token {
            token.aged_ms = token.aged_ms.max(aged_ms);
            if token.aged_ms >= token.points.dead_ms {
                self.drop_token(Reason::Expiry);
            }
        }
    }

    /// The time by which tokens age, at a reading that was just ticked.
    fn aged_ms(&self, reading_ms: i64) -> i64 {
        self.clock.own_ms(reading_ms) + self.clock.missed_ms()
    }

    /// The time of cool-downs: the own time, and what it has missed. A process that is frozen between
    /// two requests would else be in a cool-down for days.
    const fn cooled_ms(&self, now: i64) -> i64 {
        now + self.clock.missed_ms()
    }
}
