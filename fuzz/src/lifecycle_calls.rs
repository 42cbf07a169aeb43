//! Calls of a lifecycle in any order, with any clock: what each answer must never be.

use std::collections::HashSet;

use arbitrary::{Result, Unstructured};
use pay4power_auth::clock_readings::ClockReadings;
use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{
    CallerAction, ExchangeStart, LeaderAction, Lifecycle, NewToken, Phase, Policy,
    STEP_BACK_TOLERANCE_MS,
};
use pay4power_auth::retry::{Attempts, RetryPolicy};

use crate::bytes::pick;

/// The most calls of one run.
const MAX_CALLS: u32 = 200;

pub fn run(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let _ = check_attempts(&mut bytes);
    let _ = Driver::draw(&mut bytes).and_then(|mut driver| {
        for _ in 0..MAX_CALLS {
            driver.call(&mut bytes)?;
        }
        Ok(())
    });
}

struct Driver {
    lifecycle: Lifecycle,
    policy: Policy,
    clocks: ClockReadings,
    last_exchange: u32,
    token: Option<u32>,
    dropped: HashSet<u32>,
    asked_at_ms: Option<i64>,
}

impl Driver {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let policy = Policy {
            timeout_ms: bytes.int_in_range(1..=120_000)?,
            deadline_ms: bytes.int_in_range(1..=600_000)?,
            refresh_ahead: f64::from(bytes.int_in_range(0..=9)?) / 10.0,
            has_store: bytes.arbitrary()?,
        };
        let now_ms = pick(bytes, &[0, 1_765_634_862_000])?;
        Ok(Self {
            lifecycle: Lifecycle::new(policy),
            policy,
            clocks: ClockReadings { wall_ms: 1_765_634_862_000, monotonic_ms: now_ms },
            last_exchange: 0,
            token: None,
            dropped: HashSet::new(),
            asked_at_ms: None,
        })
    }

    fn call(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        if bytes.is_empty() {
            return Err(arbitrary::Error::NotEnoughData);
        }
        let now_ms = self.clocks.monotonic_ms;
        let exchange = self.last_exchange.saturating_sub(bytes.int_in_range(0..=1)?);
        match bytes.int_in_range(0..=15)? {
            0 => self.pass(bytes)?,
            1 | 2 => self.ask(None),
            3 => self.ask(self.asked_at_ms),
            4 => {
                let until_ms = now_ms + bytes.int_in_range(0..=120_000)?;
                let failure = bytes.arbitrary::<bool>()?.then(|| error(bytes)).transpose()?;
                self.lifecycle.progress(now_ms, exchange, until_ms, failure);
            }
            5 => {
                let action = self.lifecycle.succeeded(now_ms, exchange, new_token(bytes)?);
                self.leads(action);
            }
            6 => {
                let action = self.lifecycle.failed(now_ms, exchange, error(bytes)?);
                self.leads(action);
            }
            7 => {
                let action = self.lifecycle.failed_at_coordinator(now_ms, exchange, error(bytes)?);
                self.leads(action);
            }
            8 => self.lifecycle.abandoned(now_ms, exchange),
            9 => {
                // True also for a token that is not the current one: then a newer one may be at hand.
                if let Some(token) = self.token
                    && self.lifecycle.unauthorized(now_ms, token)
                {
                    self.dropped.insert(token);
                }
            }
            10 => {
                let token = self.token.unwrap_or(bytes.arbitrary()?);
                self.lifecycle.replayed(now_ms, token, bytes.arbitrary()?);
            }
            11 => {
                self.lifecycle.invalidate(None);
                self.dropped.extend(self.token);
            }
            12 => {
                self.lifecycle.reset();
                assert_eq!(self.lifecycle.state(now_ms).retry_in_ms, None);
            }
            13 => {
                let timeout_ms = self.lifecycle.store_read_begins(now_ms, exchange);
                assert!(timeout_ms.is_none_or(|ms| (1..=1_000).contains(&ms)), "{timeout_ms:?}");
            }
            14 => {
                let action = self.lifecycle.store_hit(now_ms, exchange, new_token(bytes)?);
                self.leads(action);
            }
            _ => {
                let action = self.lifecycle.store_miss(now_ms, exchange);
                self.leads(action);
            }
        }
        Ok(())
    }

    /// Lets time pass, or sets a clock.
    fn pass(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        let ms = match bytes.int_in_range(0..=2)? {
            0 => bytes.int_in_range(0..=2_000)?,
            1 => i64::from(bytes.arbitrary::<u32>()?),
            _ => bytes.int_in_range(0..=600_000)?,
        };
        match bytes.int_in_range(0..=5)? {
            0 => self.clocks.wall_ms += ms,
            1 => self.clocks.wall_ms -= ms,
            2 => self.clocks.monotonic_ms -= ms,
            _ => {
                self.clocks.wall_ms += ms;
                self.clocks.monotonic_ms += ms;
            }
        }
        if bytes.arbitrary()? {
            self.lifecycle.clocks_read(self.clocks);
        }
        Ok(())
    }

    fn ask(&mut self, asked_at_ms: Option<i64>) {
        let now_ms = self.clocks.monotonic_ms;
        let state = self.lifecycle.state(now_ms);
        let action = self.lifecycle.ask(now_ms, asked_at_ms);
        let begun = match &action {
            CallerAction::HandOut { token, hand_out_for_ms, start } => {
                assert!(Some(*token) == self.token && !self.dropped.contains(token), "{action:?}");
                assert!(*hand_out_for_ms >= 0 && state.token != Phase::Expired, "{action:?}");
                *start
            }
            CallerAction::Start { start, wait_ms, asked_at_ms } => {
                self.waits(*wait_ms, *asked_at_ms);
                Some(*start)
            }
            CallerAction::Wait { wait_ms, asked_at_ms } => {
                assert!(state.exchanging, "{action:?} without an exchange");
                self.waits(*wait_ms, *asked_at_ms);
                None
            }
            CallerAction::Fail { fails_for_ms, .. } => {
                assert_eq!(state.token, Phase::Expired, "{action:?} beside a token");
                assert!(fails_for_ms.is_none_or(|ms| (1..=600_000).contains(&ms)), "{action:?}");
                None
            }
        };
        let is_cooling = state.retry_in_ms.is_some() && state.token == Phase::Expired;
        if is_cooling && !self.policy.has_store {
            assert!(matches!(action, CallerAction::Fail { .. }), "{action:?} in a cool-down");
        }
        if let Some(ExchangeStart { exchange, .. }) = begun {
            assert!(!state.exchanging, "a second exchange beside the one in flight");
            assert_eq!(exchange, self.last_exchange + 1);
            self.last_exchange = exchange;
        }
    }

    fn waits(&mut self, wait_ms: i64, asked_at_ms: i64) {
        // If the clock has run back a little, the wait is longer by as much.
        let longest_ms = self.policy.deadline_ms.max(1_000) + STEP_BACK_TOLERANCE_MS;
        assert!((1..=longest_ms).contains(&wait_ms), "{wait_ms}");
        self.asked_at_ms = Some(asked_at_ms);
    }

    fn leads(&mut self, action: LeaderAction) {
        match action {
            LeaderAction::Done { token: Some(token), hand_out_for_ms, .. } => {
                assert!(hand_out_for_ms >= 0, "{action:?}");
                assert!(self.token.is_none_or(|last| last < token), "{action:?}");
                self.token = Some(token);
            }
            LeaderAction::Exchange { deadline_ms } => {
                assert!(deadline_ms <= self.policy.deadline_ms, "{action:?}");
            }
            LeaderAction::Done { token: None, .. }
            | LeaderAction::Failed { .. }
            | LeaderAction::Superseded => {}
        }
    }
}

fn new_token(bytes: &mut Unstructured<'_>) -> Result<NewToken> {
    let expires_in_ms = match bytes.int_in_range(0..=2)? {
        0 => bytes.int_in_range(1..=10_000)?,
        1 => 3_600_000,
        _ => bytes.int_in_range(1..=8_640_000_000_000_000)?,
    };
    let lifetime_ms = expires_in_ms + bytes.int_in_range(0..=expires_in_ms)?;
    Ok(NewToken { expires_in_ms, lifetime_ms, jitter: jitter(bytes)? })
}

fn jitter(bytes: &mut Unstructured<'_>) -> Result<f64> {
    Ok(f64::from(bytes.int_in_range(0..=1_000)?) / 1_000.0)
}

fn error(bytes: &mut Unstructured<'_>) -> Result<Error> {
    let code = pick(
        bytes,
        &[
            Code::Network,
            Code::RateLimited,
            Code::BadResponse,
            Code::CredentialsRejected,
            Code::TokenUnusable,
        ],
    )?;
    let retry_after_ms = pick(bytes, &[None, Some(0), Some(5_000), Some(1 << 52)])?;
    let retryable = !matches!(code, Code::BadResponse | Code::CredentialsRejected);
    Ok(Error { retryable, retry_after_ms, ..Error::new(code, String::new()) })
}

/// The attempts of one exchange end by its deadline, and are no more than allowed.
fn check_attempts(bytes: &mut Unstructured<'_>) -> Result<()> {
    let policy = RetryPolicy {
        timeout_ms: bytes.int_in_range(1..=120_000)?,
        retries: bytes.int_in_range(0..=10)?,
        deadline_ms: bytes.int_in_range(1..=600_000)?,
    };
    let began_ms = 1_000;
    let mut now_ms = began_ms;
    let mut attempts = Attempts::new(policy, now_ms);
    for number in 1.. {
        let timeout_ms = attempts.begin(now_ms);
        assert!((1..=policy.timeout_ms).contains(&timeout_ms) && attempts.number() == number);
        assert!(number <= policy.retries + 2, "one more after a token that expired on arrival");
        let took_ms = bytes.int_in_range(0..=timeout_ms)?;
        now_ms += took_ms;
        assert!(now_ms <= began_ms + policy.deadline_ms, "{policy:?}");
        let Some(wait_ms) = attempts.wait_ms(now_ms, &error(bytes)?, jitter(bytes)?) else { break };
        now_ms += wait_ms;
        assert!(wait_ms >= 0 && now_ms < began_ms + policy.deadline_ms, "{policy:?}");
    }
    Ok(())
}
