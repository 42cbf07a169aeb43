//! Lifecycles that were broken on purpose, one for each thing that is checked: a check that none
//! of them fails would check nothing.

use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{Ask, Lifecycle, Next, Reason, Start, Unauthorized};

use crate::machine::Machine;

/// How a lifecycle is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Goes on handing out the token it once had.
    HandsOutTheDead,
    /// Does not take note of a 401.
    HandsOutTheRejected,
    /// Lets those who should wait make an exchange too.
    ExchangesTwice,
    /// Lets those wait who should be told of a failure.
    WaitsForEver,
    /// Asks again although the keys were just rejected.
    IgnoresTheCircuit,
    /// Throws away a token that it has just got.
    WastesTokens,
    /// Gives up the exchange when a caller leaves.
    LeavesWithTheCaller,
    /// Does not take note of the time, and so not of a clock that has stepped back.
    TrustsTheClock,
}

impl Mutation {
    pub const ALL: [Self; 8] = [
        Self::HandsOutTheDead,
        Self::HandsOutTheRejected,
        Self::ExchangesTwice,
        Self::WaitsForEver,
        Self::IgnoresTheCircuit,
        Self::WastesTokens,
        Self::LeavesWithTheCaller,
        Self::TrustsTheClock,
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
}

impl Machine for Mutant {
    fn observe(&mut self, reading_ms: i64) {
        if !self.is(Mutation::TrustsTheClock) {
            self.inner.observe(reading_ms);
        }
    }

    fn ask(&mut self, reading_ms: i64, asked_at_ms: Option<i64>) -> Ask {
        self.asks += 1;
        let ask = self.inner.ask(reading_ms, asked_at_ms);
        match (self.mutation, &ask, self.token) {
            (_, Ask::HandOut { token, .. }, _) => self.token = Some(*token),
            (Mutation::HandsOutTheDead, _, Some(token)) => {
                return Ask::HandOut { token, fresh_for_ms: 0, start: None };
            }
            (Mutation::ExchangesTwice, Ask::Wait { wait_ms, asked_at_ms }, _) => {
                let start = Start { exchange: 1_000_000 + self.asks, reason: Reason::Absent };
                return Ask::Start { start, wait_ms: *wait_ms, asked_at_ms: *asked_at_ms };
            }
            (Mutation::WaitsForEver, Ask::Fail(_), _) => {
                return Ask::Wait {
                    wait_ms: 1_000,
                    asked_at_ms: asked_at_ms.unwrap_or(reading_ms),
                };
            }
            (Mutation::IgnoresTheCircuit, Ask::Fail(error), _)
                if error.code == Code::CredentialsRejected =>
            {
                self.inner.reset();
                return self.inner.ask(reading_ms, asked_at_ms);
            }
            _ => {}
        }
        if let Ask::Start { start, .. } = &ask {
            self.exchange = Some(start.exchange);
        }
        ask
    }

    fn attempt(&mut self, reading_ms: i64, exchange: u32) -> Option<i64> {
        self.inner.attempt(reading_ms, exchange)
    }

    fn succeeded(&mut self, reading_ms: i64, exchange: u32, ends_in_ms: i64, jitter: f64) -> Next {
        if self.given_up == Some(exchange) {
            let gone = Error::new(Code::Network, String::new());
            return self.inner.failed(reading_ms, exchange, gone, jitter);
        }
        let next = self.inner.succeeded(reading_ms, exchange, ends_in_ms, ends_in_ms, jitter);
        match next {
            Next::Done { token, closed, .. } if self.is(Mutation::WastesTokens) => {
                self.inner.invalidate(None);
                Next::Done { token, fresh_for_ms: 0, closed }
            }
            next => next,
        }
    }

    fn failed(&mut self, reading_ms: i64, exchange: u32, error: Error, jitter: f64) -> Next {
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

    fn reset(&mut self) {
        self.inner.reset();
    }

    fn caller_left(&mut self) {
        if self.is(Mutation::LeavesWithTheCaller) {
            self.given_up = self.exchange;
        }
    }
}
