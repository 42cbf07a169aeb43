//! The invariants of every step. They are checked outside the lifecycle, from the world's true state.

mod exchanges;
mod tokens;

use exchanges::Exchanges;
pub use exchanges::Failure;
use pay4power_auth::clock_readings::ClockReadings;
pub use tokens::Arrival;
use tokens::Tokens;

/// A violated invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Violation {
    /// A token was handed out past its dead point, or after a detectable step back of the clock.
    DeadToken,
    /// A rejected token was handed out.
    RejectedToken,
    /// An exchange started while another was under way.
    TwoExchanges,
    /// A caller waited past its deadline, or never got an answer.
    EndlessWait,
    /// The service was asked while the circuit was open or a failure was remembered.
    CircuitIgnored,
    /// There were more exchanges than used-up tokens, failures and vanished leaders explain.
    TooManyExchanges,
    /// A caller that left changed another caller's result.
    LeavingShows,
    /// A token was handed out that the shell does not have.
    LostToken,
    /// The store was read again too soon while the circuit was open or a failure was remembered.
    StoreHurried,
    /// A caller waited longer than one read of the store while the circuit was open.
    HeldUp,
    /// A token from the store replaced one that expires later.
    EndsSooner,
}

/// How late a timer may fire, in milliseconds, and so how late a caller's deadline may be.
pub const LATE_MS: i64 = 4;

/// The first reading of the clock, in milliseconds: high enough that no reading is below 0.
const BEGINNING_MS: i64 = 1_000_000_000_000;

/// The true time, in milliseconds: how long the machine was awake (`ms`), how far both clocks were set
/// ahead and back, and how long the machine slept, which only the wall clock shows. `ms` plus `ahead_ms`
/// is the most time that can seem elapsed on the monotonic clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Time {
    pub ms: i64,
    pub ahead_ms: i64,
    pub back_ms: i64,
    pub slept_ms: i64,
}

impl Time {
    pub fn most_ms(self) -> i64 {
        self.ms + self.ahead_ms
    }

    /// Returns the most time that can seem elapsed on both clocks.
    pub fn aged_ms(self) -> i64 {
        self.most_ms() + self.slept_ms
    }

    /// Returns the time that has truly elapsed.
    pub fn true_ms(self) -> i64 {
        self.ms + self.slept_ms
    }

    /// Returns the reading of the monotonic clock.
    pub fn monotonic_ms(self) -> i64 {
        BEGINNING_MS + self.ms + self.ahead_ms - self.back_ms
    }

    pub fn moment(self) -> ClockReadings {
        let monotonic_ms = self.monotonic_ms();
        ClockReadings { wall_ms: monotonic_ms + self.slept_ms, monotonic_ms }
    }
}

#[derive(Default)]
pub struct Checks {
    tokens: Tokens,
    exchanges: Exchanges,
}

impl Checks {
    /// Records that the shell has read the clock.
    pub fn read(&mut self, time: Time) {
        self.tokens.read(time.monotonic_ms());
    }

    pub fn started(&mut self, time: Time, exchange: u32, has_store: bool) -> Result<(), Violation> {
        self.tokens.used_up(time); // the current token may be replaced before the service is asked
        self.exchanges.started(time, exchange, has_store)?;
        if has_store { Ok(()) } else { self.attempts(time, exchange) }
    }

    /// Records that the service is asked.
    pub fn attempts(&mut self, time: Time, exchange: u32) -> Result<(), Violation> {
        let used_up = self.tokens.used_up(time);
        self.exchanges.attempts(time, exchange, used_up)
    }

    /// Records that the exchange has ended after a read of the store.
    pub fn has_asked(&mut self, exchange: u32) {
        self.exchanges.has_asked(exchange);
    }

    /// Records that the leader's next report is due within `ms` milliseconds.
    pub fn granted(&mut self, time: Time, exchange: u32, ms: i64) {
        self.exchanges.granted(time.most_ms(), exchange, ms);
    }

    pub fn issued(&mut self, time: Time, exchange: u32, token: Option<u32>, arrival: Arrival) {
        self.exchanges.succeeded(exchange, token.is_some());
        if let Some(token) = token {
            self.tokens.issued(time, token, arrival);
        }
    }

    /// Records that a token has come from the store. It counts like an issued one: it is one exchange,
    /// and once it is used up, it explains another.
    pub fn store_hit(
        &mut self,
        time: Time,
        exchange: u32,
        token: u32,
        arrival: Arrival,
    ) -> Result<(), Violation> {
        self.exchanges.store_hit(exchange, self.tokens.used_up(time))?;
        self.tokens.store_hit(time, token, arrival)
    }

    pub fn failed(&mut self, time: Time, exchange: u32, failure: Failure) {
        self.exchanges.failed(time, exchange, failure);
    }

    /// Records a reset.
    pub fn reset(&mut self) {
        self.exchanges.put_right();
    }

    /// Records that this token was rejected.
    pub fn rejected(&mut self, token: u32) {
        self.tokens.rejected(token);
    }

    pub fn handed_out(&self, time: Time, token: u32) -> Result<(), Violation> {
        self.tokens.handed_out(time, token)
    }

    /// Checks how long a caller has waited that began to wait at `began`.
    pub fn waited(&self, began: Time, now: Time, deadline_ms: i64) -> Result<(), Violation> {
        // Time that a step back has hidden does not count.
        let hidden_ms = now.back_ms - began.back_ms;
        let late = now.ms > began.ms + deadline_ms + hidden_ms + LATE_MS;
        if late {
            Err(Violation::EndlessWait)
        } else {
            self.exchanges.waited(began, now, hidden_ms)
        }
    }
}
