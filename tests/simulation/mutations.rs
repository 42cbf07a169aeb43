//! Lifecycles that were broken on purpose: a check that none of them fails would check nothing.

use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{Ask, Lifecycle, Next, Reason, Start, Unauthorized};

use crate::checks::Violation;
use crate::machine::{Life, Machine};

/// How a lifecycle is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Goes on handing out the token it once had.
    HandsOutTheDead,
    /// Does not take note of the time, and so not of a clock that has stepped back.
    TrustsTheClock,
    /// The shell around it takes note of the time only when somebody asks.
    OverlooksTheLeadersTime,
    /// Does not take note of a 401.
    HandsOutTheRejected,
    /// Does not take note when a caller drops a token.
    KeepsTheDropped,
    /// Lets those who should wait make an exchange too.
    ExchangesTwice,
    /// Gives up a leader before it is due.
    IsImpatient,
    /// Lets those wait who should be told of a failure.
    WaitsForEver,
    /// Begins each caller's time anew whenever it asks again.
    ForgetsWhoAsked,
    /// Never finds out that a leader is gone.
    TrustsTheLeader,
    /// Asks again although the keys were just rejected.
    IgnoresTheCircuit,
    /// Never doubles the cool-down.
    CoolsDownTooSoon,
    /// Throws away a token that it has just got.
    WastesTokens,
    /// Refreshes a token long before it need be.
    RefreshesTooSoon,
    /// Asks for another token at once when the service hands out what it did before.
    Insists,
    /// Gives up the exchange when a caller leaves.
    LeavesWithTheCaller,
}

impl Mutation {
    /// Each, and by what it is caught.
    pub const ALL: [(Self, Violation); 16] = [
        (Self::HandsOutTheDead, Violation::DeadToken),
        (Self::TrustsTheClock, Violation::DeadToken),
        (Self::OverlooksTheLeadersTime, Violation::DeadToken),
        (Self::HandsOutTheRejected, Violation::RejectedToken),
        (Self::KeepsTheDropped, Violation::RejectedToken),
        (Self::ExchangesTwice, Violation::TwoExchanges),
        (Self::IsImpatient, Violation::TwoExchanges),
        (Self::WaitsForEver, Violation::EndlessWait),
        (Self::ForgetsWhoAsked, Violation::EndlessWait),
        (Self::TrustsTheLeader, Violation::EndlessWait),
        (Self::IgnoresTheCircuit, Violation::CircuitIgnored),
        (Self::CoolsDownTooSoon, Violation::CircuitIgnored),
        (Self::WastesTokens, Violation::TooManyExchanges),
        (Self::RefreshesTooSoon, Violation::TooManyExchanges),
        (Self::Insists, Violation::TooManyExchanges),
        (Self::LeavesWithTheCaller, Violation::LeavingShows),
    ];
}

pub struct Mutant {
    inner: Lifecycle,
    mutation: Mutation,
    asks: u32,
    token: Option<u32>,
    exchange: Option<u32>,
    given_up: Option<u32>,
}

impl Mutant {
    pub fn new(inner: Lifecycle, mutation: Mutation) -> Self {
        Self { inner, mutation, asks: 0, token: None, exchange: None, given_up: None }
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == mutation
    }

    /// What the sound lifecycle says, or another thing in its place.
    fn instead(&mut self, ask: Ask, reading_ms: i64, asked_at_ms: Option<i64>) -> Ask {
        match (self.mutation, ask, self.token) {
            (Mutation::HandsOutTheDead, Ask::Start { .. }, Some(token)) => {
                Ask::HandOut { token, fresh_for_ms: 0, start: None }
            }
            (Mutation::ExchangesTwice, Ask::Wait { wait_ms, asked_at_ms }, _) => {
                let exchange = 1_000_000 + self.asks;
                let start = Start { exchange, reason: Reason::Absent };
                Ask::Start { start, wait_ms, asked_at_ms }
            }
            (Mutation::IsImpatient, Ask::Wait { wait_ms, .. }, _) if wait_ms > 100 => {
                self.inner.ask(reading_ms + wait_ms, asked_at_ms)
            }
            (Mutation::WaitsForEver, Ask::Fail(_), _) => {
                let asked_at_ms = asked_at_ms.unwrap_or(reading_ms);
                Ask::Wait { wait_ms: 1_000, asked_at_ms }
            }
            (Mutation::TrustsTheLeader, Ask::Wait { asked_at_ms, .. }, _) => {
                Ask::Wait { wait_ms: 1_000_000, asked_at_ms }
            }
            (Mutation::IgnoresTheCircuit, Ask::Fail(error), _)
                if error.code == Code::CredentialsRejected =>
            {
                self.inner.reset();
                self.inner.ask(reading_ms, asked_at_ms)
            }
            (_, ask, _) => ask,
        }
    }
}

impl Machine for Mutant {
    fn observe(&mut self, reading_ms: i64) {
        if !self.is(Mutation::TrustsTheClock) {
            self.inner.observe(reading_ms);
        }
    }

    fn ask(&mut self, reading_ms: i64, asked_at_ms: Option<i64>) -> Ask {
        self.asks += 1;
        let asked_at_ms = asked_at_ms.filter(|_| !self.is(Mutation::ForgetsWhoAsked));
        let ask = self.inner.ask(reading_ms, asked_at_ms);
        if let Ask::HandOut { token, .. } = &ask {
            self.token = Some(*token);
        }
        if let Ask::Start { start, .. } = &ask {
            self.exchange = Some(start.exchange);
        }
        self.instead(ask, reading_ms, asked_at_ms)
    }

    fn attempt(&mut self, reading_ms: i64, exchange: u32) -> Option<i64> {
        self.inner.attempt(reading_ms, exchange)
    }

    fn succeeded(&mut self, reading_ms: i64, exchange: u32, life: Life, jitter: f64) -> Next {
        if self.given_up == Some(exchange) {
            let gone = Error::new(Code::Network, String::new());
            return self.inner.failed(reading_ms, exchange, gone, jitter);
        }
        let Life { left_ms, whole_ms } = life;
        let times = if self.is(Mutation::RefreshesTooSoon) { 3 } else { 1 };
        let next = self.inner.succeeded(reading_ms, exchange, left_ms, whole_ms * times, jitter);
        if self.is(Mutation::Insists) && matches!(next, Next::Done { fresh_for_ms: 0, .. }) {
            self.inner.reset();
        }
        match next {
            Next::Done { token, closed, .. } if self.is(Mutation::WastesTokens) => {
                self.inner.invalidate(None);
                Next::Done { token, fresh_for_ms: 0, closed }
            }
            next => next,
        }
    }

    fn failed(&mut self, reading_ms: i64, exchange: u32, error: Error, jitter: f64) -> Next {
        if self.is(Mutation::CoolsDownTooSoon) {
            self.inner.reset();
        }
        self.inner.failed(reading_ms, exchange, error, jitter)
    }

    fn unauthorized(&mut self, reading_ms: i64, token: u32) -> Unauthorized {
        if self.is(Mutation::HandsOutTheRejected) {
            return Unauthorized::Replay;
        }
        self.inner.unauthorized(reading_ms, token)
    }

    fn replayed(&mut self, reading_ms: i64, token: u32, unauthorized: bool) {
        self.inner.replayed(reading_ms, token, unauthorized);
    }

    fn invalidate(&mut self) {
        if !self.is(Mutation::KeepsTheDropped) {
            self.inner.invalidate(None);
        }
    }

    fn reset(&mut self) {
        self.inner.reset();
    }

    fn caller_left(&mut self) {
        if self.is(Mutation::LeavesWithTheCaller) {
            self.given_up = self.exchange;
        }
    }

    fn sees_every_reading(&self) -> bool {
        !self.is(Mutation::OverlooksTheLeadersTime)
    }
}
