//! A state machine that keeps one bearer token fresh: when to hand it out, when to exchange the keys
//! for a new one, and what to do when an exchange fails.
//!
//! It does no I/O. Events go in, each with the time; actions come out. Its driver makes the exchanges
//! that it [starts](CallerAction::Start). It never sees a token, only when the token expires. Tokens and
//! exchanges have numbers. One exchange is under way at most (single-flight).
//!
//! The caller that makes an exchange is its leader. The leader retries as [`crate::retry`] decides.
//! It reports each attempt and each wait, with the time at which that ends, and then the outcome.
//! A leader that is overdue counts as gone, and the next caller leads.
//!
//! Times are in milliseconds. The name of an instant says by which clock it is:
//!
//! | name | clock |
//! |---|---|
//! | `monotonic_ms`, `…_monotonic_ms` | the monotonic clock, as it was read |
//! | `wall_ms` | the wall clock, as it was read |
//! | `now_ms`, `…_at_ms` | lifecycle time: the monotonic clock without its steps back ([`Clock`]) |
//! | `cool_down_now_ms`, `…_until_ms` | cool-down time: lifecycle time and all suspensions |
//! | `token_now_ms`, `…_point_ms` | token time, by which tokens age: it too includes suspensions |
//!
//! Points that `points_in_lifecycle_time` returns are in lifecycle time. Any other `…_ms` is a duration.
//!
//! | decision | file |
//! |---|---|
//! | when a token is refreshed, waited over, or dead | `phase.rs` |
//! | what a caller gets: a token, a wait, an exchange to make, or an error | `caller.rs` |
//! | what a leader's report changes; how long a failure is remembered | `exchange.rs` |
//! | how long each cool-down lasts | `backoff.rs` |
//! | whether a 401 forces an exchange | `replay_guard.rs` |
//! | when the store is read, and which stored token is taken | `store.rs` |
//! | how time passes when clocks step back or the machine sleeps | `clock.rs` |
//! | the current token; the state for health checks | `current_token.rs`, `state.rs` |
//! | the types of actions and errors | `actions.rs`, `failure.rs` |

mod actions;
mod backoff;
mod caller;
mod clock;
mod current_token;
mod exchange;
mod failure;
mod phase;
mod replay_guard;
mod state;
mod store;

pub use actions::{CallerAction, ExchangeStart, LeaderAction, Reason};
pub use backoff::{Backoff, CIRCUIT_BACKOFF, FAILURE_BACKOFF, REFRESH_BACKOFF, REPLAY_BACKOFF};
pub use clock::{Clock, STEP_BACK_TOLERANCE_MS};
pub use current_token::NewToken;
pub use failure::Failure;
pub use phase::{Phase, TokenPoints};
pub use state::{Circuit, State};
pub use store::{STORE_READ_INTERVAL_MS, STORE_TIMEOUT_MS};

use self::current_token::CurrentToken;
use self::exchange::{Exchange, RememberedFailure};
use self::replay_guard::ReplayGuard;
use crate::clock_readings::ClockReadings;
use crate::error::Error;

/// How late a leader's next report may be before the leader counts as gone, in milliseconds.
pub const LEADER_GRACE_MS: i64 = 250;
/// The longest wait for a new token while the current one is expiring, in milliseconds.
pub const MAX_WAIT_OVER_EXPIRING_MS: i64 = 1_000;
/// How long a [failure at the coordinator](Lifecycle::failed_at_coordinator) is remembered, in
/// milliseconds.
pub const COORDINATOR_FAILURE_MS: i64 = 1_000;
/// The longest `Retry-After` that counts, in milliseconds. A longer one is cut to this.
pub const MAX_RETRY_AFTER_MS: i64 = 600_000;

/// The settings of a lifecycle, which never change.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How long one attempt may take, in milliseconds, within [`TIMEOUT_MS`](crate::options::TIMEOUT_MS).
    pub timeout_ms: i64,
    /// How long one exchange, and each caller's wait, may take, in milliseconds.
    pub deadline_ms: i64,
    /// The share of a token's lifetime that is left when its refresh begins, without jitter: 0 to 0.9.
    pub refresh_ahead: f64,
    /// True if a store is read before the service is asked.
    pub has_store: bool,
}

/// The state machine. `E` is the driver's type of error.
#[derive(Clone, Debug)]
pub struct Lifecycle<E = Error> {
    policy: Policy,
    clock: Clock,
    /// The number of the newest token.
    last_token: u32,
    token: Option<CurrentToken>,
    /// The reason of the next exchange while there is no current token.
    reason_without_token: Reason,
    /// The number of the newest exchange.
    last_exchange: u32,
    /// The in-flight exchange.
    exchange: Option<Exchange<E>>,
    /// The failure of the last exchange. Absent after a success or a reset.
    last_failure: Option<RememberedFailure<E>>,
    /// Refreshes in a row that failed or brought no better token.
    failed_refreshes: u32,
    /// The end of the cool-down of refreshes.
    no_refresh_until_ms: i64,
    /// Exchanges in a row that failed while there was no token.
    failures_without_token: u32,
    /// Exchanges in a row in which the service rejected the keys. Above 0 the circuit is open. Only
    /// accepted keys or a reset close it: a probe that fails for another reason leaves it open.
    key_rejections: u32,
    replay_guard: ReplayGuard,
    /// While a failure is remembered, the store is not read before this.
    no_store_read_until_ms: i64,
}

impl<E: Failure> Lifecycle<E> {
    /// Returns a lifecycle without a token.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            clock: Clock::default(),
            last_token: 0,
            token: None,
            reason_without_token: Reason::Absent,
            last_exchange: 0,
            exchange: None,
            last_failure: None,
            failed_refreshes: 0,
            no_refresh_until_ms: i64::MIN,
            failures_without_token: 0,
            key_rejections: 0,
            replay_guard: ReplayGuard::default(),
            no_store_read_until_ms: i64::MIN,
        }
    }

    /// Ends every cool-down and closes the circuit: the user has fixed the cause. Returns whether the
    /// circuit was open.
    pub fn reset(&mut self) -> bool {
        (self.failed_refreshes, self.failures_without_token) = (0, 0);
        self.no_refresh_until_ms = i64::MIN;
        self.replay_guard.reset();
        self.close_circuit()
    }

    /// Forgets the last failure and the key rejections. Returns whether the circuit was open.
    fn close_circuit(&mut self) -> bool {
        self.last_failure = None;
        std::mem::take(&mut self.key_rejections) > 0
    }

    /// Takes an earlier reading of the monotonic clock into account, so that a step back from it is
    /// detected. Ignores a reading that is below a known one.
    pub fn observe(&mut self, monotonic_ms: i64) {
        self.clock.observe(monotonic_ms);
    }

    /// Takes readings of both clocks. Call it right before an event of the same moment. Returns
    /// whether the monotonic clock has stepped back, which ends the current token.
    ///
    /// Without this call, time passes by the monotonic clock alone.
    pub fn clocks_read(&mut self, readings: ClockReadings) -> bool {
        let stepped_back = self.clock.compare(readings);
        self.age_token(readings.monotonic_ms, stepped_back);
        stepped_back
    }

    /// Advances the clock to a reading of the monotonic clock. Returns the lifecycle time.
    fn tick(&mut self, monotonic_ms: i64) -> i64 {
        let (now_ms, stepped_back) = self.clock.tick(monotonic_ms);
        self.age_token(monotonic_ms, stepped_back);
        now_ms
    }

    fn age_token(&mut self, monotonic_ms: i64, stepped_back: bool) {
        let token_now_ms = self.token_now_ms(monotonic_ms);
        if stepped_back {
            // The token's age is unknown now.
            self.drop_token(Reason::Expiry);
        } else if let Some(token) = &mut self.token {
            token.token_now_ms = token.token_now_ms.max(token_now_ms);
            if token.token_now_ms >= token.points.dead_point_ms {
                self.drop_token(Reason::Expiry);
            }
        }
    }

    /// Returns the token time of a reading that was just ticked. Tokens age by it: it includes
    /// suspensions.
    fn token_now_ms(&self, monotonic_ms: i64) -> i64 {
        self.clock.unclamped_now_ms(monotonic_ms) + self.clock.suspended_ms()
    }

    /// Returns the cool-down time at the lifecycle time `now_ms`: it includes suspensions. Without these, a process that is frozen between two requests would stay in a cool-down for
    /// days.
    const fn cool_down_now_ms(&self, now_ms: i64) -> i64 {
        now_ms + self.clock.suspended_ms()
    }
}
