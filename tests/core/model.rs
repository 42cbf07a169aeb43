//! Compares the lifecycle with a naive model, which keeps a list of past events and computes each answer
//! from the whole list.

use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{CallerAction, LeaderAction, Lifecycle, NewToken, Policy};
use pay4power_auth::retry::{Attempts, RetryPolicy};
use proptest::prelude::*;

const TIMEOUT_MS: i64 = 2_000;
const DEADLINE_MS: i64 = 8_000;
const RETRIES: u32 = 1;

/// A step that both perform.
#[derive(Clone, Debug)]
enum Step {
    Pass(i64),
    /// Advances to an instant at which an answer may change, or a millisecond before or after it.
    To {
        which: usize,
        beside_ms: i64,
    },
    Ask,
    Succeed {
        lifetime_ms: i64,
        jitter: f64,
    },
    Fail {
        code: Code,
        jitter: f64,
        retry_after_ms: Option<i64>,
    },
    Unauthorized,
    Invalidate,
    Reset,
}

/// A past event.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    Started { exchange: u32 },
    Attempted { due_ms: i64 },
    Retrying { due_ms: i64 },
    Succeeded { refresh_point_ms: i64, wait_point_ms: i64, dead_point_ms: i64, lifetime_ms: i64 },
    Failed { code: Code, asked_ms: i64, lifetime_ms: Option<i64> },
    Dropped,
    Reset,
}

/// The compared part of an action.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    HandOut {
        start: bool,
    },
    Start,
    Wait,
    /// The error's code, and how much longer calls fail, in milliseconds.
    Fail(Code, Option<i64>),
}

#[derive(Default)]
struct History(Vec<(i64, Fact)>);

impl History {
    fn add(&mut self, now: i64, fact: Fact) {
        self.0.push((now, fact));
    }

    /// Returns the facts after the last one that matches `end`, in order.
    fn since(&self, end: impl Fn(&Fact) -> bool) -> &[(i64, Fact)] {
        let from = self.0.iter().rposition(|(_, fact)| end(fact)).map_or(0, |last| last + 1);
        &self.0[from..]
    }

    fn token(&self, now: i64) -> Option<(i64, i64, i64, i64)> {
        self.0.iter().rev().find_map(|(_, fact)| match *fact {
            Fact::Dropped => Some(None),
            Fact::Succeeded { refresh_point_ms, wait_point_ms, dead_point_ms, lifetime_ms } => {
                Some((now < dead_point_ms).then_some((
                    refresh_point_ms,
                    wait_point_ms,
                    dead_point_ms,
                    lifetime_ms,
                )))
            }
            _ => None,
        })?
    }

    fn under_way(&self, now: i64) -> bool {
        let ended = |fact: &Fact| matches!(fact, Fact::Succeeded { .. } | Fact::Failed { .. });
        match self.since(ended).iter().rev().find_map(|(_, fact)| match *fact {
            Fact::Attempted { due_ms } | Fact::Retrying { due_ms } => Some(due_ms),
            _ => None,
        }) {
            Some(due_ms) => now < due_ms,
            None => false,
        }
    }

    /// Returns the remembered failure: its code, until when calls without a token fail with it, and until
    /// when no refresh begins.
    fn remembered_failure(&self) -> Option<(Code, i64, i64)> {
        let forgotten = |fact: &Fact| matches!(fact, Fact::Succeeded { .. } | Fact::Reset);
        let failures: Vec<_> = self
            .since(forgotten)
            .iter()
            .filter_map(|(at, fact)| match *fact {
                Fact::Failed { code, asked_ms, lifetime_ms } => {
                    Some((*at, code, asked_ms, lifetime_ms))
                }
                _ => None,
            })
            .collect();
        let &(at, code, asked_ms, lifetime_ms) = failures.last()?;
        let rejected = |code: Code| code == Code::CredentialsRejected;
        let kind = |code: Code, lifetime_ms: Option<i64>| match rejected(code) {
            true => "keys",
            false if lifetime_ms.is_some() => "refresh",
            false => "no token",
        };
        let same =
            |(_, c, _, l): &&(_, Code, _, Option<i64>)| kind(*c, *l) == kind(code, lifetime_ms);
        let alike = failures.iter().filter(same).count();
        let doubled =
            |base: i64, cap: i64| (0..alike - 1).fold(base, |w, _| (w * 2).min(cap)).min(cap);
        let (refresh_wait_ms, fails_ms) = match (rejected(code), lifetime_ms) {
            (true, _) => (0, doubled(30_000, 600_000)),
            (false, Some(lifetime_ms)) => (doubled((lifetime_ms / 10).min(5_000), 60_000), 0),
            (false, None) => (0, doubled(1_000, 60_000)),
        };
        let asked_ms = asked_ms.min(600_000);
        let fails_until = at + fails_ms.max(asked_ms);
        Some((code, fails_until, fails_until.max(at + refresh_wait_ms.max(asked_ms))))
    }

    /// Returns the instants at which an answer may change.
    fn instants(&self, now: i64) -> Vec<i64> {
        let token = self.token(now).map(|(refresh, wait, dead, _)| [refresh, wait, dead]);
        let remembered = self
            .remembered_failure()
            .map(|(_, fails_until, refresh_from)| [fails_until, refresh_from]);
        token.into_iter().flatten().chain(remembered.into_iter().flatten()).collect()
    }

    fn ask(&self, now: i64) -> Answer {
        let under_way = self.under_way(now);
        let remembered = self.remembered_failure();
        let may_begin = remembered.is_none_or(|(_, _, until)| now >= until);
        let failing = remembered.filter(|(_, until, _)| now < *until);
        match self.token(now) {
            Some((refresh_point_ms, ..)) if now < refresh_point_ms => {
                Answer::HandOut { start: false }
            }
            Some((_, wait_point_ms, ..)) if now < wait_point_ms => {
                Answer::HandOut { start: !under_way && may_begin }
            }
            Some(_) if under_way => Answer::Wait,
            Some(_) if may_begin => Answer::Start,
            Some(_) => Answer::HandOut { start: false },
            None => match failing {
                Some((code, until_ms, _)) => Answer::Fail(code, Some(until_ms - now)),
                None if under_way => Answer::Wait,
                None => Answer::Start,
            },
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let code = prop_oneof![
        3 => Just(Code::Network),
        1 => Just(Code::RateLimited),
        1 => Just(Code::BadResponse),
        2 => Just(Code::CredentialsRejected),
    ];
    let step = prop_oneof![
        6 => (0..5_000_i64).prop_map(Step::Pass),
        1 => (5_000..700_000_i64).prop_map(Step::Pass),
        8 => (0..5_usize, -1..=1_i64).prop_map(|(which, beside_ms)| Step::To { which, beside_ms }),
        8 => Just(Step::Ask),
        3 => (2_000..4_000_000_i64, 0.0..1.0)
            .prop_map(|(lifetime_ms, jitter)| Step::Succeed { lifetime_ms, jitter }),
        4 => (code, 0.0..1.0, prop::option::weighted(0.2, prop_oneof![4 => 0..20_000_i64, 1 => 500_000..2_000_000_i64]))
            .prop_map(|(code, jitter, retry_after_ms)| Step::Fail { code, jitter, retry_after_ms }),
        1 => Just(Step::Unauthorized),
        1 => Just(Step::Invalidate),
        1 => Just(Step::Reset),
    ];
    prop::collection::vec(step, 1..120)
}

/// Performs the steps on both. They must agree on every action.
fn play(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let policy = Policy {
        timeout_ms: TIMEOUT_MS,
        deadline_ms: DEADLINE_MS,
        refresh_ahead: 0.2,
        has_store: false,
    };
    let retry_policy =
        RetryPolicy { timeout_ms: TIMEOUT_MS, retries: RETRIES, deadline_ms: DEADLINE_MS };
    let (mut lifecycle, mut history) = (<Lifecycle>::new(policy), History::default());
    let mut now = 0;
    let mut leader = Attempts::new(retry_policy, now);
    let (mut leading, mut attempts, mut deadline_ms, mut token) = (None, 0, 0, 0);
    for step in steps {
        let exchange = leading.filter(|_| history.under_way(now));
        match (step, exchange) {
            (Step::Pass(ms), _) => now += ms,
            (Step::To { which, beside_ms }, _) => {
                if let Some(instant) = history.instants(now).get(which) {
                    now = now.max(instant + beside_ms);
                }
            }
            (Step::Ask, _) => {
                let expected = history.ask(now);
                let (found, start) = match lifecycle.ask(now, None) {
                    CallerAction::HandOut { start, .. } => {
                        (Answer::HandOut { start: start.is_some() }, start)
                    }
                    CallerAction::Start { start, .. } => (Answer::Start, Some(start)),
                    CallerAction::Wait { .. } => (Answer::Wait, None),
                    CallerAction::Fail { error, fails_for_ms } => {
                        (Answer::Fail(error.code, fails_for_ms), None)
                    }
                };
                prop_assert_eq!(found, expected, "at {}: {:?}", now, history.0);
                if let Some(start) = start {
                    (leading, attempts, deadline_ms) = (Some(start.exchange), 1, now + DEADLINE_MS);
                    history.add(now, Fact::Started { exchange: start.exchange });
                    leader = Attempts::new(retry_policy, now);
                    prop_assert_eq!(leader.begin(now), TIMEOUT_MS);
                    prop_assert!(lifecycle.progress(now, start.exchange, now + TIMEOUT_MS, None));
                    history.add(now, Fact::Attempted { due_ms: now + TIMEOUT_MS + 250 });
                }
            }
            (Step::Succeed { lifetime_ms, jitter }, Some(exchange)) => {
                let new_token = NewToken { expires_in_ms: lifetime_ms, lifetime_ms, jitter };
                let next = lifecycle.succeeded(now, exchange, new_token);
                let LeaderAction::Done { token: Some(new), .. } = next else {
                    // The current token expires later, so it is kept.
                    prop_assert!(history.token(now).is_some());
                    return Ok(());
                };
                (token, leading) = (new, None);
                let end_ms = now + lifetime_ms;
                let wait_point_ms = end_ms - (lifetime_ms / 20).min(30_000);
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    reason = "small"
                )]
                let ahead = |share: f64| (lifetime_ms as f64 * share) as i64;
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    reason = "small"
                )]
                let jitter_ms = ((ahead(0.2) / 2) as f64 * jitter) as i64;
                history.add(
                    now,
                    Fact::Succeeded {
                        refresh_point_ms: (end_ms - ahead(0.2) - jitter_ms).min(wait_point_ms),
                        wait_point_ms,
                        dead_point_ms: end_ms - (lifetime_ms / 50).min(2_000),
                        lifetime_ms,
                    },
                );
            }
            (Step::Fail { code, jitter, retry_after_ms }, Some(exchange)) => {
                let retryable = !matches!(code, Code::BadResponse | Code::CredentialsRejected);
                let error = Error { retryable, retry_after_ms, ..Error::new(code, String::new()) };
                let asked_ms = retry_after_ms.unwrap_or(0);
                if let Some(wait_ms) = leader.wait_ms(now, &error, jitter) {
                    prop_assert!(retryable && attempts <= RETRIES);
                    prop_assert!(wait_ms >= asked_ms && wait_ms <= asked_ms.max(5_000));
                    prop_assert!(now + wait_ms < deadline_ms);
                    prop_assert!(lifecycle.progress(now, exchange, now + wait_ms, Some(error)));
                    now += wait_ms;
                    let timeout_ms = TIMEOUT_MS.min(deadline_ms - now);
                    prop_assert_eq!(leader.begin(now), timeout_ms);
                    prop_assert!(lifecycle.progress(now, exchange, now + timeout_ms, None));
                    attempts += 1;
                    history.add(now, Fact::Retrying { due_ms: now + timeout_ms + 250 });
                } else {
                    let next = lifecycle.failed(now, exchange, error);
                    prop_assert!(matches!(next, LeaderAction::Failed { .. }), "{next:?}");
                    leading = None;
                    let lifetime_ms = history.token(now).map(|(.., lifetime_ms)| lifetime_ms);
                    history.add(now, Fact::Failed { code, asked_ms, lifetime_ms });
                }
            }
            (Step::Unauthorized, _) => {
                if history.token(now).is_some() {
                    prop_assert!(lifecycle.unauthorized(now, token));
                    history.add(now, Fact::Dropped);
                }
            }
            (Step::Invalidate, _) => {
                lifecycle.invalidate(None);
                history.add(now, Fact::Dropped);
            }
            (Step::Reset, _) => {
                lifecycle.reset();
                history.add(now, Fact::Reset);
            }
            (Step::Succeed { .. } | Step::Fail { .. }, None) => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_lifecycle_agrees_with_a_naive_one(steps in steps()) {
        play(steps)?;
    }
}
