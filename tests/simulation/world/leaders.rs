//! Leaders. Each makes its exchange until that ends or the leader vanishes.

use std::collections::HashMap;

use pay4power_auth::error::Error;
use pay4power_auth::lifecycle::{ExchangeStart, LeaderAction, Policy};
use pay4power_auth::retry::{Attempts, RetryPolicy};

use super::{Event, World};
use crate::checks::{Arrival, Failure, Violation};
use crate::draw::{For, chances, often};
use crate::lifecycle::{Life, SimulatedLifecycle};
use crate::schedule::Schedule;
use crate::service::{Answer, Fault};

#[derive(Default)]
pub struct Leaders {
    /// The attempts of each leader, by exchange, once it asks the service.
    attempts: HashMap<u32, Attempts>,
    /// How many steps each leader has made, by exchange.
    steps: HashMap<u32, u32>,
    /// When the service issued each token. The first is number 1.
    issued_ms: Vec<i64>,
}

/// The fate of a leader between two steps.
enum Fate {
    Goes,
    Vanishes,
    /// Sleeps, for milliseconds, so that its next report is overdue.
    Sleeps(i64),
}

impl Leaders {
    fn attempts(&mut self, exchange: u32) -> &mut Attempts {
        self.attempts.get_mut(&exchange).expect("its leader asks the service")
    }

    pub fn all_issued_ms(&self) -> &[i64] {
        &self.issued_ms
    }

    pub fn issued_ms(&self, token: u32) -> i64 {
        self.issued_ms.get(token as usize - 1).copied().unwrap_or(i64::MAX)
    }
}

impl<M: SimulatedLifecycle> World<'_, M> {
    pub(super) fn lead(&mut self, start: ExchangeStart) -> Result<(), Violation> {
        let has_store = self.schedule.sharing.is_some();
        self.checks.started(self.time, start.exchange, has_store)?;
        self.shell.slot = Some(start.exchange);
        match self.fate(start.exchange) {
            Fate::Goes => self.starts(start.exchange),
            Fate::Vanishes => Ok(()),
            Fate::Sleeps(ms) => {
                self.at(self.time.ms + ms, Event::Begins(start.exchange));
                Ok(())
            }
        }
    }

    pub(super) fn starts(&mut self, exchange: u32) -> Result<(), Violation> {
        match self.schedule.sharing {
            Some(sharing) => self.consult(exchange, sharing),
            None => self.ask_service(exchange, self.schedule.policy.deadline_ms),
        }
    }

    /// The leader asks the service, for at most `deadline_ms` milliseconds.
    pub(super) fn ask_service(&mut self, exchange: u32, deadline_ms: i64) -> Result<(), Violation> {
        let Schedule { retries, policy: Policy { timeout_ms, .. }, .. } = *self.schedule;
        let policy = RetryPolicy { timeout_ms, retries, deadline_ms };
        self.leaders.attempts.insert(exchange, Attempts::new(policy, self.time.monotonic_ms()));
        self.attempt(exchange)
    }

    pub(super) fn attempt(&mut self, exchange: u32) -> Result<(), Violation> {
        let monotonic_ms = self.now();
        let attempts = self.leaders.attempts(exchange);
        let timeout_ms = attempts.begin(monotonic_ms);
        let attempt = (exchange, attempts.number());
        if !self.lifecycle.progress(monotonic_ms, exchange, monotonic_ms + timeout_ms, None) {
            return self.over(exchange);
        }
        self.checks.attempts(self.time, exchange)?;
        self.checks.granted(self.time, exchange, timeout_ms);
        let (answer, after_ms) =
            self.service.answer(self.schedule, self.time.true_ms(), attempt, timeout_ms);
        self.goes_on(exchange, after_ms, Event::Answered(exchange, answer));
        Ok(())
    }

    pub(super) fn answered(&mut self, exchange: u32, answer: Answer) -> Result<(), Violation> {
        let monotonic_ms = self.now();
        let jitter = chances(self.schedule.seed, For::Jitter, exchange, 0).f64();
        let ahead = self.schedule.policy.refresh_ahead;
        let answer = match answer {
            // It has expired while the leader or the machine slept.
            Answer::Token { issued_ms, skew_ms }
                if self.life_of(issued_ms, skew_ms).left_ms <= 0 =>
            {
                Answer::Fault(Fault::ExpiredOnArrival)
            }
            answer => answer,
        };
        let next = match answer {
            Answer::Token { issued_ms, skew_ms } => {
                let life = self.life_of(issued_ms, skew_ms);
                let next = self.lifecycle.succeeded(monotonic_ms, exchange, life, jitter);
                if let LeaderAction::Done { token, hand_out_for_ms, .. } = next {
                    let arrival = Arrival { issued_ms, life, early: (ahead, jitter) };
                    self.checks.issued(self.time, exchange, token, arrival);
                    if let Some(token) = token {
                        self.has(token, issued_ms, hand_out_for_ms);
                    }
                }
                next
            }
            Answer::Fault(fault) if self.schedule.coordinated && fault.is_an_answer() => {
                self.lifecycle.failed_at_coordinator(monotonic_ms, exchange, fault.error())
            }
            Answer::Fault(fault) => {
                let error = fault.error();
                let attempts = self.leaders.attempts(exchange);
                if let Some(wait_ms) = attempts.wait_ms(monotonic_ms, &error, jitter) {
                    return self.pause(monotonic_ms, exchange, wait_ms, error);
                }
                self.lifecycle.failed(monotonic_ms, exchange, error)
            }
        };
        match next {
            LeaderAction::Done { .. } => self.over(exchange),
            LeaderAction::Failed { .. } => {
                self.checks.failed(self.time, exchange, self.failure(answer));
                self.shell.hand_out_until_monotonic_ms = 0;
                self.over(exchange)
            }
            LeaderAction::Superseded | LeaderAction::Exchange { .. } => {
                self.shell.hand_out_until_monotonic_ms = 0;
                self.over(exchange)
            }
        }
    }

    /// The leader waits before its next attempt.
    fn pause(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        wait_ms: i64,
        failure: Error,
    ) -> Result<(), Violation> {
        if !self.lifecycle.progress(monotonic_ms, exchange, monotonic_ms + wait_ms, Some(failure)) {
            self.shell.hand_out_until_monotonic_ms = 0;
            return self.over(exchange);
        }
        self.checks.granted(self.time, exchange, wait_ms);
        self.goes_on(exchange, wait_ms, Event::Attempts(exchange));
        Ok(())
    }

    /// Returns the rest of the life of a token that was issued at `issued_ms`.
    pub(super) fn life_of(&self, issued_ms: i64, skew_ms: i64) -> Life {
        let whole_ms = self.schedule.lifetime_ms;
        let left_ms = issued_ms + whole_ms - skew_ms - self.time.true_ms();
        // If less than half of the lifetime is left, only the rest counts.
        let past_half = 0 < left_ms && 2 * left_ms < whole_ms;
        Life { left_ms, whole_ms: if past_half { left_ms } else { whole_ms } }
    }

    /// The shell installs a token.
    pub(super) fn has(&mut self, token: u32, issued_ms: i64, hand_out_for_ms: i64) {
        self.leaders.issued_ms.push(issued_ms);
        self.shell.install((token, issued_ms), self.time, hand_out_for_ms);
    }

    fn failure(&self, answer: Answer) -> Failure {
        match answer {
            Answer::Fault(fault) if self.schedule.coordinated && fault.is_an_answer() => {
                Failure::AtCoordinator
            }
            Answer::Fault(Fault::KeysRejected) => Failure::KeysRejected,
            _ if self.shell.token.is_some() => Failure::WithToken,
            _ => Failure::WithoutToken,
        }
    }

    pub(super) fn over(&mut self, exchange: u32) -> Result<(), Violation> {
        self.shell.slot.take_if(|slot| *slot == exchange);
        self.wake_all(exchange)
    }

    pub(super) fn goes_on(&mut self, exchange: u32, after_ms: i64, event: Event) {
        match self.fate(exchange) {
            Fate::Goes => self.at(self.time.ms + after_ms, event),
            Fate::Vanishes => {}
            Fate::Sleeps(ms) => self.at(self.time.ms + after_ms + ms, event),
        }
    }

    fn fate(&mut self, exchange: u32) -> Fate {
        let steps = self.leaders.steps.entry(exchange).or_default();
        *steps += 1;
        let mut rng = chances(self.schedule.seed, For::Leader, exchange, *steps);
        match often(&mut rng, self.schedule.vanishings) {
            false => Fate::Goes,
            true if rng.bool() => Fate::Vanishes,
            true => Fate::Sleeps(rng.i64(1..15_000)),
        }
    }
}
