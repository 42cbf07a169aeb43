//! What must hold at every step. Kept beside the lifecycle, from what the world knows to be true.

mod exchanges;
mod tokens;

use exchanges::Exchanges;
pub use exchanges::Failure;
use pay4power_auth::moment::Moment;
pub use tokens::Arrival;
use tokens::Tokens;

/// What did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Violation {
    /// A token was handed out past its dead point, or after a step back that could be seen.
    DeadToken,
    /// A token was handed out that was known to be rejected.
    RejectedToken,
    /// An exchange was started while another was under way.
    TwoExchanges,
    /// A caller waited past its deadline, or has no answer at all.
    EndlessWait,
    /// The service was asked while the circuit was open, or a failure is to be told.
    CircuitIgnored,
    /// More exchanges were made than tokens used up, failures and vanished leaders give reason for.
    TooManyExchanges,
    /// A caller's leaving made a difference to another.
    LeavingShows,
    /// A token was to be handed out that the shell does not have.
    LostToken,
    /// The store was asked again at once while the circuit was open, or a failure is to be told.
    StoreHurried,
    /// A caller waited longer than for one look into the store while the circuit was open.
    HeldUp,
    /// A token of the store took the place of one that ends later.
    EndsSooner,
}

/// How late a timer may ring, and so how late a caller may be told that its time is over.
pub const LATE_MS: i64 = 4;

/// What the clock shows at first: no clock ever shows less than 0.
const BEGINNING_MS: i64 = 1_000_000_000_000;

/// How long the machine was awake, how much both clocks have been put ahead and back so far, and how
/// long it has slept: that shows on the wall clock only. `ms` plus `ahead_ms` is the most that anybody
/// who only reads the steady clock can take for elapsed.
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

    /// The most that anybody who reads both clocks can take for elapsed.
    pub fn aged_ms(self) -> i64 {
        self.most_ms() + self.slept_ms
    }

    /// The time outside.
    pub fn true_ms(self) -> i64 {
        self.ms + self.slept_ms
    }

    /// The steady clock.
    pub fn reading_ms(self) -> i64 {
        BEGINNING_MS + self.ms + self.ahead_ms - self.back_ms
    }

    pub fn moment(self) -> Moment {
        let steady_ms = self.reading_ms();
        Moment { wall_ms: steady_ms + self.slept_ms, steady_ms }
    }
}

#[derive(Default)]
pub struct Checks {
    tokens: Tokens,
    exchanges: Exchanges,
}

impl Checks {
    /// The shell has read the clock.
    pub fn read(&mut self, time: Time) {
        self.tokens.read(time.reading_ms());
    }

    pub fn started(&mut self, time: Time, exchange: u32, has_store: bool) -> Result<(), Violation> {
        self.tokens.used_up(time); // it may be replaced before the service is asked
        self.exchanges.started(time, exchange, has_store)?;
        if has_store { Ok(()) } else { self.attempts(time, exchange) }
    }

    /// The service is asked.
    pub fn attempts(&mut self, time: Time, exchange: u32) -> Result<(), Violation> {
        let used_up = self.tokens.used_up(time);
        self.exchanges.attempts(time, exchange, used_up)
    }

    /// The store was asked, and that was all.
    pub fn has_asked(&mut self, exchange: u32) {
        self.exchanges.has_asked(exchange);
    }

    /// The leader must be heard of again within that time.
    pub fn granted(&mut self, time: Time, exchange: u32, ms: i64) {
        self.exchanges.granted(time.most_ms(), exchange, ms);
    }

    pub fn issued(&mut self, time: Time, exchange: u32, token: Option<u32>, arrival: Arrival) {
        self.exchanges.succeeded(exchange, token.is_some());
        if let Some(token) = token {
            self.tokens.issued(time, token, arrival);
        }
    }

    /// A token has come from the store: as good a reason for another as one that was issued, once
    /// it is used up, and one exchange less.
    pub fn restored(
        &mut self,
        time: Time,
        exchange: u32,
        token: u32,
        arrival: Arrival,
    ) -> Result<(), Violation> {
        self.exchanges.restored(exchange, self.tokens.used_up(time))?;
        self.tokens.restored(time, token, arrival)
    }

    pub fn failed(&mut self, time: Time, exchange: u32, failure: Failure) {
        self.exchanges.failed(time, exchange, failure);
    }

    /// Somebody has said that the keys were put right.
    pub fn reset(&mut self) {
        self.exchanges.put_right();
    }

    /// This token must not be handed out any more.
    pub fn rejected(&mut self, token: u32) {
        self.tokens.rejected(token);
    }

    pub fn handed_out(&self, time: Time, token: u32) -> Result<(), Violation> {
        self.tokens.handed_out(time, token)
    }

    /// A caller that began to wait at `began` waits on, or has just been answered.
    pub fn waited(&self, began: Time, now: Time, deadline_ms: i64) -> Result<(), Violation> {
        // Time that a step back has hidden is nobody's to count.
        let hidden_ms = now.back_ms - began.back_ms;
        let late = now.ms > began.ms + deadline_ms + hidden_ms + LATE_MS;
        if late {
            Err(Violation::EndlessWait)
        } else {
            self.exchanges.waited(began, now, hidden_ms)
        }
    }
}
