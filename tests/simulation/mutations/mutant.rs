//! A lifecycle with one defect.

use pay4power_auth::clock_readings::ClockReadings;
use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{
    CallerAction, ExchangeStart, LEADER_GRACE_MS, LeaderAction, Lifecycle, Policy, Reason,
    STORE_TIMEOUT_MS,
};

use super::Mutation;
use crate::lifecycle::{Habits, Life, SimulatedLifecycle};

const FOR_EVER_MS: i64 = 1_000_000;

fn is_the_circuit(error: &Error) -> bool {
    error.code == Code::CredentialsRejected
}

pub struct Mutant {
    inner: Lifecycle,
    mutation: Mutation,
    asks: u32,
    token: Option<u32>,
    exchange: Option<u32>,
    given_up: Option<u32>,
    has_store: bool,
    /// True while a leader that the inner lifecycle knows reads the store.
    is_reading_store: bool,
    /// The number of the last read of the store that the inner lifecycle does not know.
    look: Option<u32>,
    look_due_monotonic_ms: i64,
}

impl Mutant {
    pub fn new(policy: Policy, mutation: Mutation) -> Self {
        Self {
            inner: Lifecycle::new(policy),
            mutation,
            asks: 0,
            token: None,
            exchange: None,
            given_up: None,
            has_store: policy.has_store,
            is_reading_store: false,
            look: None,
            look_due_monotonic_ms: 0,
        }
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == mutation
    }

    /// Returns the inner lifecycle's action, or a wrong one.
    fn instead(
        &mut self,
        ask: CallerAction,
        monotonic_ms: i64,
        asked_at_ms: Option<i64>,
    ) -> CallerAction {
        match (self.mutation, ask, self.token) {
            (Mutation::HandsOutTheDead, CallerAction::Start { .. }, Some(token)) => {
                CallerAction::HandOut { token, hand_out_for_ms: 0, start: None }
            }
            (Mutation::ExchangesTwice, CallerAction::Wait { wait_ms, asked_at_ms }, _) => {
                let exchange = 1_000_000 + self.asks;
                let start = ExchangeStart { exchange, reason: Reason::Absent };
                CallerAction::Start { start, wait_ms, asked_at_ms }
            }
            (Mutation::GivesUpLeadersTooSoon, CallerAction::Wait { wait_ms, .. }, _)
                if wait_ms > 100 =>
            {
                self.inner.ask(monotonic_ms + wait_ms, asked_at_ms)
            }
            (Mutation::WaitsForEver, CallerAction::Fail { .. }, _) => {
                let asked_at_ms = asked_at_ms.unwrap_or(monotonic_ms);
                CallerAction::Wait { wait_ms: 1_000, asked_at_ms }
            }
            (Mutation::TrustsTheLeader, CallerAction::Wait { asked_at_ms, .. }, _) => {
                CallerAction::Wait { wait_ms: FOR_EVER_MS, asked_at_ms }
            }
            (Mutation::IgnoresTheCircuit, CallerAction::Fail { error, .. }, _)
                if is_the_circuit(&error) =>
            {
                self.inner.reset();
                self.inner.ask(monotonic_ms, asked_at_ms)
            }
            (
                Mutation::WaitsForTheStoreForEver,
                CallerAction::Start { start, asked_at_ms, .. },
                _,
            ) if self.has_store => CallerAction::Start { start, wait_ms: FOR_EVER_MS, asked_at_ms },
            (Mutation::AsksTheStoreWithoutPause, CallerAction::Fail { error, .. }, _)
                if self.has_store && asked_at_ms.is_none() && is_the_circuit(&error) =>
            {
                self.looks(monotonic_ms)
            }
            (Mutation::AsksTheStoreOnAndOn, CallerAction::Fail { error, .. }, _)
                if is_the_circuit(&error) =>
            {
                self.inner.ask(monotonic_ms, None)
            }
            (_, ask, _) => ask,
        }
    }

    /// Returns a read of the store instead of the failure.
    fn looks(&mut self, monotonic_ms: i64) -> CallerAction {
        let exchange = 2_000_000 + self.asks;
        self.look = Some(exchange);
        self.look_due_monotonic_ms = monotonic_ms + LEADER_GRACE_MS;
        let wait_ms = STORE_TIMEOUT_MS + LEADER_GRACE_MS;
        let start = ExchangeStart { exchange, reason: Reason::Failure };
        CallerAction::Start { start, wait_ms, asked_at_ms: monotonic_ms }
    }

    /// Ends the unknown read of the store, if it is this exchange's.
    fn looked(&mut self, exchange: u32) -> Option<LeaderAction> {
        self.is_reading_store = false;
        self.look.take_if(|look| *look == exchange)?;
        Some(LeaderAction::Failed { has_opened_circuit: false })
    }
}

impl SimulatedLifecycle for Mutant {
    fn observe(&mut self, monotonic_ms: i64) {
        if !self.is(Mutation::TrustsTheClock) {
            self.inner.observe(monotonic_ms);
        }
    }

    fn clocks_read(&mut self, now: ClockReadings) {
        if !self.is(Mutation::SleepsWithTheMachine) {
            self.inner.clocks_read(now);
        }
    }

    fn ask(&mut self, monotonic_ms: i64, asked_at_ms: Option<i64>) -> CallerAction {
        self.asks += 1;
        let wait = |wait_ms| CallerAction::Wait {
            wait_ms,
            asked_at_ms: asked_at_ms.unwrap_or(monotonic_ms),
        };
        if self.is_reading_store && self.is(Mutation::WaitsForTheStoreForEver) {
            return wait(FOR_EVER_MS);
        }
        if self.look.is_some() && monotonic_ms < self.look_due_monotonic_ms {
            return wait(self.look_due_monotonic_ms - monotonic_ms);
        }
        let asked_at_ms = asked_at_ms.filter(|_| !self.is(Mutation::RestartsDeadlines));
        let ask = self.inner.ask(monotonic_ms, asked_at_ms);
        if let CallerAction::HandOut { token, .. } = &ask {
            self.token = Some(*token);
        }
        if let CallerAction::Start { start, .. } = &ask {
            self.exchange = Some(start.exchange);
        }
        self.instead(ask, monotonic_ms, asked_at_ms)
    }

    fn progress(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        until_monotonic_ms: i64,
        failure: Option<Error>,
    ) -> bool {
        self.inner.progress(monotonic_ms, exchange, until_monotonic_ms, failure)
    }

    fn succeeded(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        life: Life,
        jitter: f64,
    ) -> LeaderAction {
        if self.given_up == Some(exchange) {
            let gone = Error::new(Code::Network, String::new());
            return self.inner.failed(monotonic_ms, exchange, gone);
        }
        let Life { left_ms, whole_ms } = life;
        let times = if self.is(Mutation::RefreshesTooSoon) { 3 } else { 1 };
        let life = Life { left_ms, whole_ms: whole_ms * times };
        let next = self.inner.succeeded(monotonic_ms, exchange, life.new_token(jitter));
        if self.is(Mutation::AsksAgainAtOnce)
            && matches!(next, LeaderAction::Done { hand_out_for_ms: 0, .. })
        {
            self.inner.reset();
        }
        match next {
            LeaderAction::Done { token, has_closed_circuit, .. }
                if self.is(Mutation::WastesTokens) =>
            {
                self.inner.invalidate(None);
                LeaderAction::Done { token, hand_out_for_ms: 0, has_closed_circuit }
            }
            next => next,
        }
    }

    fn failed(&mut self, monotonic_ms: i64, exchange: u32, error: Error) -> LeaderAction {
        if self.is(Mutation::CoolsDownTooSoon) {
            self.inner.reset();
        }
        self.inner.failed(monotonic_ms, exchange, error)
    }

    fn unauthorized(&mut self, monotonic_ms: i64, token: u32) -> bool {
        if self.is(Mutation::HandsOutTheRejected) {
            return true;
        }
        self.inner.unauthorized(monotonic_ms, token)
    }

    fn replayed(&mut self, monotonic_ms: i64, token: u32, unauthorized: bool) {
        self.inner.replayed(monotonic_ms, token, unauthorized);
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

    fn habits(&self) -> Habits {
        Habits {
            sees_every_reading: !self.is(Mutation::OverlooksTheLeadersTime),
            keeps_the_expiring: !self.is(Mutation::DropsTheExpiring),
            knows_the_rejected: !self.is(Mutation::TakesTheRejectedFromTheStore),
        }
    }

    fn store_read_begins(&mut self, monotonic_ms: i64, exchange: u32) -> Option<i64> {
        if self.look == Some(exchange) {
            self.look_due_monotonic_ms = monotonic_ms + STORE_TIMEOUT_MS + LEADER_GRACE_MS;
            return Some(STORE_TIMEOUT_MS);
        }
        let timeout_ms = self.inner.store_read_begins(monotonic_ms, exchange)?;
        self.is_reading_store = true;
        Some(if self.is(Mutation::WaitsForTheStoreForEver) { FOR_EVER_MS } else { timeout_ms })
    }

    fn store_hit(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        life: Life,
        jitter: f64,
    ) -> LeaderAction {
        if let Some(next) = self.looked(exchange) {
            return next;
        }
        let Life { mut left_ms, whole_ms } = life;
        if self.is(Mutation::TakesTheDeadFromTheStore) && left_ms <= 0 {
            left_ms = whole_ms;
        }
        if self.is(Mutation::TakesATokenThatExpiresSooner) {
            self.inner.invalidate(None);
        }
        let life = Life { left_ms, whole_ms };
        self.inner.store_hit(monotonic_ms, exchange, life.new_token(jitter))
    }

    fn store_miss(&mut self, monotonic_ms: i64, exchange: u32) -> LeaderAction {
        if let Some(next) = self.looked(exchange) {
            return next;
        }
        if self.is(Mutation::IgnoresTheCircuitAfterAMiss) {
            self.inner.reset();
        }
        self.inner.store_miss(monotonic_ms, exchange)
    }

    fn failed_at_coordinator(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        error: Error,
    ) -> LeaderAction {
        let next = self.inner.failed_at_coordinator(monotonic_ms, exchange, error);
        if self.is(Mutation::ForgetsTheCoordinatorsFailure) {
            self.inner.reset();
        }
        next
    }
}
