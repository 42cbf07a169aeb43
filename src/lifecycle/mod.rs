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
mod store;

pub use actions::{Ask, Next, Reason, Start};
pub use backoff::{BACKGROUND, Backoff, CIRCUIT, FAILURE, REPLAY};
pub use clock::{Clock, STEP_MS};
pub use failure::Failure;
pub use points::{Phase, Points};
pub use store::{STORE_PAUSE_MS, STORE_TIMEOUT_MS};

use self::current::CurrentToken;
use self::exchange::{Exchange, RememberedFailure};
use self::replay_guard::ReplayGuard;
use crate::error::Error;

/// How late a leader may be before it is taken to be gone.
pub const GRACE_MS: i64 = 250;
/// How long an expiring token is waited over for a new one.
pub const PATIENCE_MS: i64 = 1_000;
/// How long a [refusal](Lifecycle::refused) is remembered.
pub const REFUSAL_MS: i64 = 1_000;

/// What a caller has decided for the whole life of a lifecycle.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
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

    /// The clock has stepped back from `seen_ms`, which somebody saw who hands out fresh tokens
    /// without asking. That ends the current token.
    pub fn stepped_back(&mut self, reading_ms: i64, seen_ms: i64) {
        self.observe(seen_ms);
        self.tick(reading_ms);
    }

    fn tick(&mut self, reading_ms: i64) -> i64 {
        let (now, stepped_back) = self.clock.tick(reading_ms);
        if stepped_back {
            // Nobody can tell how much of its life has passed.
            self.drop_token(Reason::Expiry);
        } else if let Some(token) = &mut self.token {
            token.now_ms = token.now_ms.max(now - self.clock.standstill_ms(reading_ms));
            if token.now_ms >= token.points.dead_ms {
                self.drop_token(Reason::Expiry);
            }
        }
        now
    }
}
