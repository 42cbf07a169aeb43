//! A lifecycle with its leaders and its time, and short methods for the events of a story.

use std::collections::HashMap;

use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{
    CallerAction, ExchangeStart, LeaderAction, Lifecycle, NewToken, Policy, State,
};
use pay4power_auth::retry::{Attempts, RetryPolicy};

use crate::support::readings;

pub const POLICY: Policy =
    Policy { timeout_ms: 10_000, deadline_ms: 30_000, refresh_ahead: 0.2, has_store: false };

pub const HOUR_MS: i64 = 3_600_000;

pub fn failure(code: Code) -> Error {
    let retryable = !matches!(code, Code::CredentialsRejected | Code::BadResponse);
    Error { retryable, ..Error::new(code, String::new()) }
}

pub fn network() -> Error {
    failure(Code::Network)
}

pub fn rejected() -> Error {
    failure(Code::CredentialsRejected)
}

pub fn asking_for(retry_after_ms: i64) -> Error {
    Error { retry_after_ms: Some(retry_after_ms), ..failure(Code::RateLimited) }
}

/// Returns a new token without jitter.
pub const fn new_token(expires_in_ms: i64, lifetime_ms: i64) -> NewToken {
    NewToken { expires_in_ms, lifetime_ms, jitter: 0.0 }
}

/// A lifecycle in a story. Its clock starts at 0.
pub struct Story {
    pub lifecycle: Lifecycle,
    /// The monotonic clock.
    pub monotonic_ms: i64,
    /// How far the wall clock is ahead of the monotonic clock.
    ahead_ms: i64,
    policy: Policy,
    /// The attempts of each exchange, by its number.
    attempts: HashMap<u32, Attempts>,
}

impl Story {
    pub fn new(policy: Policy) -> Self {
        Self {
            lifecycle: Lifecycle::new(policy),
            monotonic_ms: 0,
            ahead_ms: 1_765_634_862_000,
            policy,
            attempts: HashMap::new(),
        }
    }

    /// Returns a story that begins with a new token, without jitter.
    pub fn with_token(lifetime_ms: i64) -> Self {
        let mut story = Self::new(POLICY);
        story.gets_token(lifetime_ms);
        story
    }

    pub fn passes(&mut self, ms: i64) -> &mut Self {
        self.monotonic_ms += ms;
        self
    }

    pub fn is_at(&mut self, monotonic_ms: i64) -> &mut Self {
        self.monotonic_ms = monotonic_ms;
        self
    }

    /// Advances the monotonic clock and the wall clock by different times, and reads both.
    pub fn passes_on_both(&mut self, by_monotonic_ms: i64, by_wall_ms: i64) -> &mut Self {
        self.monotonic_ms += by_monotonic_ms;
        self.ahead_ms += by_wall_ms - by_monotonic_ms;
        self.reads_both();
        self
    }

    /// Reads both clocks. Returns whether the monotonic one has stepped back.
    pub fn reads_both(&mut self) -> bool {
        self.lifecycle.clocks_read(readings(self.monotonic_ms + self.ahead_ms, self.monotonic_ms))
    }

    /// Advances the wall clock only, without a read.
    pub fn sleeps(&mut self, ms: i64) -> &mut Self {
        self.ahead_ms += ms;
        self
    }

    /// Reads both clocks and returns the state.
    pub fn state(&mut self) -> State {
        self.reads_both();
        self.lifecycle.state(self.monotonic_ms)
    }

    pub fn ask(&mut self) -> CallerAction {
        self.lifecycle.ask(self.monotonic_ms, None)
    }

    /// A caller that first asked at `asked_at_ms` asks again.
    pub fn ask_again(&mut self, asked_at_ms: i64) -> CallerAction {
        self.lifecycle.ask(self.monotonic_ms, Some(asked_at_ms))
    }

    /// A caller asks and must make an exchange.
    #[track_caller]
    pub fn starts(&mut self) -> ExchangeStart {
        match self.ask() {
            CallerAction::Start { start, .. }
            | CallerAction::HandOut { start: Some(start), .. } => start,
            other => panic!("at {}: no exchange is started, but {other:?}", self.monotonic_ms),
        }
    }

    /// A caller asks, must make an exchange, and begins it. Returns its number.
    #[track_caller]
    pub fn leads(&mut self) -> u32 {
        let start = self.starts();
        self.attempts(start.exchange).expect("leads");
        start.exchange
    }

    /// The exchange with the service begins, for at most `deadline_ms` milliseconds.
    pub fn begins(&mut self, exchange: u32, deadline_ms: i64) {
        let policy = RetryPolicy { timeout_ms: self.policy.timeout_ms, retries: 10, deadline_ms };
        self.attempts.insert(exchange, Attempts::new(policy, self.monotonic_ms));
    }

    /// An attempt begins. Returns how long it may take, in milliseconds. `None` if another leader has
    /// taken over.
    pub fn attempts(&mut self, exchange: u32) -> Option<i64> {
        if !self.attempts.contains_key(&exchange) {
            self.begins(exchange, self.policy.deadline_ms);
        }
        let timeout_ms = self.attempts.get_mut(&exchange)?.begin(self.monotonic_ms);
        let leads = self.lifecycle.progress(
            self.monotonic_ms,
            exchange,
            self.monotonic_ms + timeout_ms,
            None,
        );
        leads.then_some(timeout_ms)
    }

    /// An attempt fails. Returns how long its leader waits before the next one, in milliseconds. `None`
    /// if there is no next one, or if another leader has taken over.
    pub fn pauses(&mut self, exchange: u32, error: Error) -> Option<i64> {
        let wait_ms = self.attempts.get_mut(&exchange)?.wait_ms(self.monotonic_ms, &error, 1.0)?;
        let until_monotonic_ms = self.monotonic_ms + wait_ms;
        self.lifecycle
            .progress(self.monotonic_ms, exchange, until_monotonic_ms, Some(error))
            .then_some(wait_ms)
    }

    /// An exchange brings a token at once. Returns the token's number.
    #[track_caller]
    pub fn gets_token(&mut self, lifetime_ms: i64) -> u32 {
        let exchange = self.leads();
        match self.brings(exchange, lifetime_ms) {
            LeaderAction::Done { token: Some(token), .. } => token,
            other => panic!("at {}: no token, but {other:?}", self.monotonic_ms),
        }
    }

    /// The exchange brings a token with this lifetime.
    pub fn brings(&mut self, exchange: u32, lifetime_ms: i64) -> LeaderAction {
        self.lifecycle.succeeded(self.monotonic_ms, exchange, new_token(lifetime_ms, lifetime_ms))
    }

    /// The request that leads the exchange is gone.
    pub fn abandons(&mut self, exchange: u32) {
        self.lifecycle.abandoned(self.monotonic_ms, exchange);
    }

    /// The exchange fails, and its leader does not retry.
    pub fn fails(&mut self, exchange: u32, error: Error) -> LeaderAction {
        self.lifecycle.failed(self.monotonic_ms, exchange, error)
    }

    /// An exchange starts and fails at once.
    #[track_caller]
    pub fn tries(&mut self, error: Error) {
        let exchange = self.leads();
        let next = self.fails(exchange, error);
        assert!(matches!(next, LeaderAction::Failed { .. }), "at {}: {next:?}", self.monotonic_ms);
    }

    /// A caller asks and gets this token, and no exchange starts.
    #[track_caller]
    pub fn hands_out(&mut self, number: u32) {
        let ask = self.ask();
        let handed =
            matches!(ask, CallerAction::HandOut { token, start: None, .. } if token == number);
        assert!(
            handed,
            "at {}: token {number} is not just handed out, but {ask:?}",
            self.monotonic_ms
        );
    }

    /// A caller asks and fails at once with this error.
    #[track_caller]
    pub fn fails_at_once(&mut self, error: &Error) {
        let ask = self.ask();
        let failed = matches!(&ask, CallerAction::Fail { error: told, .. } if told == error);
        assert!(failed, "at {}: {error}, but {ask:?}", self.monotonic_ms);
    }

    /// The same. The error says that calls fail for `ms` milliseconds more.
    #[track_caller]
    pub fn fails_at_once_for(&mut self, error: &Error, ms: i64) {
        let ask = CallerAction::Fail { error: error.clone(), fails_for_ms: Some(ms) };
        assert_eq!(self.ask(), ask, "at {}", self.monotonic_ms);
    }

    /// A caller that first asked at `asked_at_ms` has waited for the exchange, and fails with its error.
    #[track_caller]
    pub fn fails_after_waiting(&mut self, asked_at_ms: i64, error: &Error) {
        let ask = CallerAction::Fail { error: error.clone(), fails_for_ms: None };
        assert_eq!(self.ask_again(asked_at_ms), ask, "at {}", self.monotonic_ms);
    }

    /// A caller asks and waits. Returns for how long, in milliseconds.
    #[track_caller]
    pub fn waits(&mut self) -> i64 {
        match self.ask() {
            CallerAction::Wait { wait_ms, .. } => wait_ms,
            other => panic!("at {}: no wait, but {other:?}", self.monotonic_ms),
        }
    }
}
