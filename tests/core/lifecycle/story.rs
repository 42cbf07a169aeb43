//! A lifecycle, its leaders and the time, with short words for what happens in the stories.

use std::collections::HashMap;

use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{Ask, Lifecycle, Next, Policy, Start, State};
use pay4power_auth::retry::{Attempts, RetryPolicy};

use crate::support::moment;

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

/// The story so far. Its clock starts at 0.
pub struct Story {
    pub machine: Lifecycle,
    /// The steady clock.
    pub now: i64,
    /// How far the wall clock is ahead of it.
    ahead_ms: i64,
    policy: Policy,
    /// The attempts of each exchange, by its number.
    attempts: HashMap<u32, Attempts>,
}

impl Story {
    pub fn new(policy: Policy) -> Self {
        Self {
            machine: Lifecycle::new(policy),
            now: 0,
            ahead_ms: 1_765_634_862_000,
            policy,
            attempts: HashMap::new(),
        }
    }

    /// A token that was just got is at hand, without jitter.
    pub fn with_token(lifetime_ms: i64) -> Self {
        let mut story = Self::new(POLICY);
        story.gets_token(lifetime_ms);
        story
    }

    pub fn passes(&mut self, ms: i64) -> &mut Self {
        self.now += ms;
        self
    }

    pub fn is_at(&mut self, now: i64) -> &mut Self {
        self.now = now;
        self
    }

    /// Time passes by both clocks, by the wall clock more or less of it.
    pub fn passes_on_both(&mut self, steady_ms: i64, wall_ms: i64) -> &mut Self {
        self.now += steady_ms;
        self.ahead_ms += wall_ms - steady_ms;
        self.reads_both();
        self
    }

    /// Both clocks are read. Whether the steady one has stepped back.
    pub fn reads_both(&mut self) -> bool {
        self.machine.clocks_read(moment(self.now + self.ahead_ms, self.now))
    }

    /// The wall clock goes on and the steady one stands still. Nothing has read either yet.
    pub fn sleeps(&mut self, ms: i64) -> &mut Self {
        self.ahead_ms += ms;
        self
    }

    /// What is seen of it by somebody who only looks.
    pub fn state(&mut self) -> State {
        self.reads_both();
        self.machine.state(self.now)
    }

    pub fn ask(&mut self) -> Ask {
        self.machine.ask(self.now, None)
    }

    /// Somebody who first asked at `asked_at_ms` asks again.
    pub fn ask_again(&mut self, asked_at_ms: i64) -> Ask {
        self.machine.ask(self.now, Some(asked_at_ms))
    }

    /// Somebody asks and is told to make an exchange.
    #[track_caller]
    pub fn starts(&mut self) -> Start {
        match self.ask() {
            Ask::Start { start, .. } | Ask::HandOut { start: Some(start), .. } => start,
            other => panic!("at {}: no exchange is started, but {other:?}", self.now),
        }
    }

    /// Somebody asks, is told to make an exchange, and begins.
    #[track_caller]
    pub fn leads(&mut self) -> u32 {
        let start = self.starts();
        self.attempts(start.exchange).expect("leads");
        start.exchange
    }

    /// The store has nothing, and the exchange with the service begins: it may take so long.
    pub fn begins(&mut self, exchange: u32, deadline_ms: i64) {
        let policy = RetryPolicy { timeout_ms: self.policy.timeout_ms, retries: 10, deadline_ms };
        self.attempts.insert(exchange, Attempts::new(policy, self.now));
    }

    /// An attempt begins: how long it may take. `None` when somebody else leads.
    pub fn attempts(&mut self, exchange: u32) -> Option<i64> {
        if !self.attempts.contains_key(&exchange) {
            self.begins(exchange, self.policy.deadline_ms);
        }
        let timeout_ms = self.attempts.get_mut(&exchange)?.begin(self.now);
        let leads = self.machine.progress(self.now, exchange, self.now + timeout_ms, None);
        leads.then_some(timeout_ms)
    }

    /// An attempt fails, and its leader waits before the next: how long. `None` when there is no
    /// next one, or somebody else leads.
    pub fn pauses(&mut self, exchange: u32, error: Error) -> Option<i64> {
        let wait_ms = self.attempts.get_mut(&exchange)?.wait_ms(self.now, &error, 1.0)?;
        let until_ms = self.now + wait_ms;
        self.machine.progress(self.now, exchange, until_ms, Some(error)).then_some(wait_ms)
    }

    /// An exchange that brings a token at once: the token's number.
    #[track_caller]
    pub fn gets_token(&mut self, lifetime_ms: i64) -> u32 {
        let exchange = self.leads();
        match self.brings(exchange, lifetime_ms) {
            Next::Done { token: Some(token), .. } => token,
            other => panic!("at {}: no token, but {other:?}", self.now),
        }
    }

    /// The exchange brings a token of that lifetime.
    pub fn brings(&mut self, exchange: u32, lifetime_ms: i64) -> Next {
        self.machine.succeeded(self.now, exchange, lifetime_ms, lifetime_ms, 0.0)
    }

    /// The request that leads the exchange is gone.
    pub fn abandons(&mut self, exchange: u32) {
        self.machine.abandoned(self.now, exchange);
    }

    /// The exchange fails for good.
    pub fn fails(&mut self, exchange: u32, error: Error) -> Next {
        self.machine.failed(self.now, exchange, error)
    }

    /// An exchange that ends in this failure at once.
    #[track_caller]
    pub fn tries(&mut self, error: Error) {
        let exchange = self.leads();
        let next = self.fails(exchange, error);
        assert!(matches!(next, Next::Failed { .. }), "at {}: {next:?}", self.now);
    }

    /// Whoever asks is handed this token and nothing else happens.
    #[track_caller]
    pub fn hands_out(&mut self, number: u32) {
        let ask = self.ask();
        let handed = matches!(ask, Ask::HandOut { token, start: None, .. } if token == number);
        assert!(handed, "at {}: token {number} is not just handed out, but {ask:?}", self.now);
    }

    /// Whoever asks fails at once with this.
    #[track_caller]
    pub fn refuses(&mut self, error: &Error) {
        let ask = self.ask();
        let failed = matches!(&ask, Ask::Fail { error: told, .. } if told == error);
        assert!(failed, "at {}: {error}, but {ask:?}", self.now);
    }

    /// The same, and is told how much longer calls fail.
    #[track_caller]
    pub fn refuses_for(&mut self, error: &Error, ms: i64) {
        let ask = Ask::Fail { error: error.clone(), fails_for_ms: Some(ms) };
        assert_eq!(self.ask(), ask, "at {}", self.now);
    }

    /// Somebody who first asked at `asked_at_ms` has waited, and fails with what was waited for.
    #[track_caller]
    pub fn is_refused(&mut self, asked_at_ms: i64, error: &Error) {
        let ask = Ask::Fail { error: error.clone(), fails_for_ms: None };
        assert_eq!(self.ask_again(asked_at_ms), ask, "at {}", self.now);
    }

    /// Whoever asks waits.
    #[track_caller]
    pub fn waits(&mut self) -> i64 {
        match self.ask() {
            Ask::Wait { wait_ms, .. } => wait_ms,
            other => panic!("at {}: nobody waits, but {other:?}", self.now),
        }
    }
}
