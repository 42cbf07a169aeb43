//! What must hold at every step. Kept beside the lifecycle, from what the world knows to be true.

mod exchanges;
mod tokens;

use exchanges::Exchanges;
use tokens::Tokens;

use crate::machine::Life;

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
    /// An exchange was started while the circuit was open.
    CircuitIgnored,
    /// More exchanges were made than tokens used up, failures and vanished leaders give reason for.
    TooManyExchanges,
    /// A caller's leaving made a difference to another.
    LeavingShows,
}

/// How late a timer may ring, and so how late a caller may be told that its time is over.
pub const LATE_MS: i64 = 4;

/// What the clock shows at first: no clock ever shows less than 0.
const BEGINNING_MS: i64 = 1_000_000_000_000;

/// The true time, and how much the clock has been put ahead and back so far. `ms` plus `ahead_ms`
/// is the most that anybody who only reads the clock can take for elapsed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Time {
    pub ms: i64,
    pub ahead_ms: i64,
    pub back_ms: i64,
}

impl Time {
    pub fn most_ms(self) -> i64 {
        self.ms + self.ahead_ms
    }

    pub fn reading_ms(self) -> i64 {
        BEGINNING_MS + self.ms + self.ahead_ms - self.back_ms
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

    pub fn started(&mut self, time: Time, exchange: u32) -> Result<(), Violation> {
        let used_up = self.tokens.used_up(time);
        self.exchanges.started(time.most_ms(), exchange, used_up)
    }

    /// The leader must be heard of again within that time.
    pub fn granted(&mut self, time: Time, exchange: u32, ms: i64) {
        self.exchanges.granted(time.most_ms(), exchange, ms);
    }

    pub fn issued(
        &mut self,
        time: Time,
        exchange: u32,
        token: Option<u32>,
        life: Life,
        early: (f64, f64),
    ) {
        self.exchanges.succeeded(exchange, token.is_some());
        if let Some(token) = token {
            self.tokens.issued(time, token, life, early);
        }
    }

    pub fn failed(&mut self, time: Time, exchange: u32, keys_rejected: bool) {
        self.exchanges.failed(time.most_ms(), exchange, keys_rejected);
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
    pub fn waited(began: Time, now: Time, deadline_ms: i64) -> Result<(), Violation> {
        // Time that a step back has hidden is nobody's to count.
        let hidden_ms = now.back_ms - began.back_ms;
        let late = now.ms > began.ms + deadline_ms + hidden_ms + LATE_MS;
        if late { Err(Violation::EndlessWait) } else { Ok(()) }
    }
}
