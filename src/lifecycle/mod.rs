//! When to hand out a token, when to get a new one, and what to do when that fails.
//!
//! A state machine without I/O: events go in, each with the time; answers come out. Whoever drives
//! it makes the exchanges that it [starts](Ask::Start), and does nothing else of its own accord.
//! It never sees a token, only when one ends; tokens and exchanges are known by numbers.

mod answers;
mod backoff;
mod clock;
mod failure;
mod forced;
mod held;
mod points;
mod store;

pub use answers::{Ask, Next, Reason, Start, Unauthorized};
pub use backoff::{BACKGROUND, Backoff, CIRCUIT, FAILURE, FORCED, RETRY};
pub use clock::{Clock, STEP_MS};
pub use failure::Failure;
pub use points::{Phase, Points};
pub use store::{STORE_PAUSE_MS, STORE_TIMEOUT_MS};

use self::forced::Forced;
use self::held::Held;
use crate::error::Error;

/// How late a leader may be before it is taken to be gone.
pub const GRACE_MS: i64 = 250;
/// How long an expiring token is waited over for a new one.
pub const PATIENCE_MS: i64 = 1_000;
/// How long a [refusal](Lifecycle::refused) is remembered.
pub const REFUSAL_MS: i64 = 1_000;

/// What a caller has decided for the whole life of a lifecycle.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How long one attempt may take.
    pub timeout_ms: i64,
    /// How many attempts may follow the first.
    pub retries: u32,
    /// How long one exchange, and each caller's wait, may take.
    pub deadline_ms: i64,
    /// The share of a token's lifetime before which a new one is got.
    pub refresh_ahead: f64,
    /// Whether there is a store, to be asked before the service is.
    pub has_store: bool,
}

#[derive(Clone, Debug)]
struct Exchange<E> {
    id: u32,
    /// Attempts begun.
    attempts: u32,
    deadline_ms: i64,
    /// When the present attempt or wait will be over, by then the leader must have been heard of.
    due_ms: i64,
    last_error: Option<E>,
    /// Made while a failure is remembered, to see whether the store has a token: the service is
    /// not asked.
    store_only: bool,
}

/// A failure that is remembered.
#[derive(Clone, Debug)]
struct Setback<E> {
    error: E,
    until_ms: i64,
    /// Those who asked before this have waited enough.
    told_from_ms: i64,
}

/// The state machine. `E` is what whoever drives it knows of an error.
#[derive(Clone, Debug)]
pub struct Lifecycle<E = Error> {
    policy: Policy,
    clock: Clock,
    token: Option<Held>,
    tokens: u32,
    exchange: Option<Exchange<E>>,
    exchanges: u32,
    /// Why there is no token at hand.
    missing: Reason,
    setback: Option<Setback<E>>,
    /// No refresh in the background before this.
    background_from_ms: i64,
    /// Refreshes in a row that brought nothing.
    failures: u32,
    /// Failures in a row that left callers without a token.
    losses: u32,
    rejections: u32,
    forced: Forced,
    /// While a failure is remembered, the store is not asked before this.
    store_from_ms: i64,
}

impl<E: Failure> Lifecycle<E> {
    /// One without a token.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            clock: Clock::default(),
            token: None,
            tokens: 0,
            exchange: None,
            exchanges: 0,
            missing: Reason::Absent,
            setback: None,
            background_from_ms: i64::MIN,
            failures: 0,
            losses: 0,
            rejections: 0,
            forced: Forced::default(),
            store_from_ms: i64::MIN,
        }
    }

    /// Somebody asks for a token; `asked_at_ms` is what an earlier answer gave, when they ask again.
    pub fn ask(&mut self, reading_ms: i64, asked_at_ms: Option<i64>) -> Ask<E> {
        let now = self.tick(reading_ms);
        let standstill_ms = self.clock.standstill_ms(reading_ms);
        let asked_at_ms = asked_at_ms.unwrap_or(now - standstill_ms);
        let asked_at = asked_at_ms + standstill_ms;
        if let Some(gone) = self.exchange.take_if(|exchange| exchange.due_ms <= now) {
            self.missing = Reason::Abandoned;
            if gone.store_only {
                self.settle(now);
            }
        }
        let held = self.token.as_ref().map(|held| (held.id, held.points_at(now)));
        match held.map(|(token, points)| (token, points, points.phase(now))) {
            Some((token, points, Phase::Fresh)) => {
                Ask::HandOut { token, fresh_for_ms: points.soft_ms - now, start: None }
            }
            Some((token, points, Phase::RefreshSoon)) => {
                let start = self.may_refresh(now).then(|| self.start(now, Reason::Expiry));
                let fresh_for_ms = points.hard_ms.min(self.next_refresh_ms()) - now;
                Ask::HandOut { token, fresh_for_ms: fresh_for_ms.max(0), start }
            }
            Some((token, points, Phase::Expiring)) => {
                let until = points.dead_ms.min(asked_at + PATIENCE_MS);
                if until <= now || self.exchange.is_none() && !self.may_refresh(now) {
                    return Ask::HandOut { token, fresh_for_ms: 0, start: None };
                }
                self.wait(now, asked_at_ms, until, Reason::Expiry)
            }
            Some((_, _, Phase::Expired)) | None => {
                self.ask_without_token(now, asked_at_ms, asked_at)
            }
        }
    }

    /// An attempt of an exchange begins. How long it may take; `None` when somebody else leads.
    pub fn attempt(&mut self, reading_ms: i64, exchange: u32) -> Option<i64> {
        let now = self.tick(reading_ms);
        let timeout = self.policy.timeout_ms;
        let exchange = self.exchange.as_mut().filter(|current| current.id == exchange)?;
        let timeout = timeout.min(exchange.deadline_ms - now).max(1);
        exchange.attempts += 1;
        exchange.due_ms = now + timeout + GRACE_MS;
        Some(timeout)
    }

    /// An attempt has brought a token that ends `ends_in_ms` from now, of a life of `lifetime_ms`.
    /// One that is at hand without any exchange comes with a number that is none's, 0.
    pub fn succeeded(
        &mut self,
        reading_ms: i64,
        exchange: u32,
        ends_in_ms: i64,
        lifetime_ms: i64,
        jitter: f64,
    ) -> Next<E> {
        let now = self.tick(reading_ms);
        let leads = self.exchange.take_if(|current| current.id == exchange).is_some();
        let held = self.comes(now, reading_ms, ends_in_ms, lifetime_ms, jitter);
        let closed = self.close_circuit();
        self.losses = 0;
        // The late answer of a leader that was given up may be older than what is at hand.
        let dead_ms = held.points.dead_ms;
        let better = self.token.as_ref().is_none_or(|old| old.points.dead_ms <= dead_ms);
        if better && held.now_ms < held.points.soft_ms {
            (self.failures, self.background_from_ms) = (0, i64::MIN);
        } else if better || leads {
            // The service hands out what it did before: to ask again at once would not help.
            self.failures = self.failures.saturating_add(1);
            self.background_from_ms = now + held.refresh_wait_ms(self.failures);
        }
        if !better {
            return Next::Done { token: None, fresh_for_ms: 0, closed };
        }
        self.install(held, closed)
    }

    /// An attempt has failed.
    pub fn failed(&mut self, reading_ms: i64, exchange: u32, error: E, jitter: f64) -> Next<E> {
        let now = self.tick(reading_ms);
        let policy = self.policy;
        let Some(current) = self.exchange.as_mut().filter(|current| current.id == exchange) else {
            return Next::Superseded;
        };
        if error.is_retryable() && current.attempts <= policy.retries {
            let asked = error.retry_after_ms();
            let wait_ms = RETRY.jittered_ms(current.attempts, jitter).max(asked);
            if now.saturating_add(wait_ms) < current.deadline_ms {
                current.due_ms = now + wait_ms + GRACE_MS;
                current.last_error = Some(error);
                return Next::Retry { wait_ms };
            }
        }
        self.exchange = None;
        self.missing = Reason::Failure;
        let opened = self.remember(now, error.clone());
        Next::Failed { error, opened }
    }

    /// An attempt was refused by somebody who has tried by itself, again and again, and remembers
    /// it for all: to do so here too would only delay what comes after.
    pub fn refused(&mut self, reading_ms: i64, exchange: u32, error: E) -> Next<E> {
        let now = self.tick(reading_ms);
        if self.exchange.take_if(|current| current.id == exchange).is_none() {
            return Next::Superseded;
        }
        self.missing = Reason::Failure;
        let until_ms = now + REFUSAL_MS;
        self.setback = Some(Setback { error: error.clone(), until_ms, told_from_ms: now });
        Next::Failed { error, opened: false }
    }

    /// A request with this token was answered with a 401.
    pub fn unauthorized(&mut self, reading_ms: i64, token: u32) -> Unauthorized {
        let now = self.tick(reading_ms);
        if self.token.as_ref().is_some_and(|held| held.id == token) {
            if !self.forced.may(now) {
                return Unauthorized::Return;
            }
            self.drop_token(Reason::Rejected);
        }
        Unauthorized::Replay
    }

    /// A request that was sent again with this newer token was answered with another 401, or not.
    /// Whether that is news.
    pub fn replayed(&mut self, reading_ms: i64, token: u32, unauthorized: bool) -> bool {
        let now = self.tick(reading_ms);
        self.forced.replayed(now, token, unauthorized)
    }

    /// The caller drops a token, or whatever is at hand.
    pub fn invalidate(&mut self, token: Option<u32>) {
        if self.token.as_ref().is_some_and(|held| token.is_none_or(|token| token == held.id)) {
            self.drop_token(Reason::Rejected);
        }
    }

    /// The caller says that whatever was wrong has been put right. Whether a circuit was open.
    pub fn reset(&mut self) -> bool {
        (self.failures, self.losses, self.background_from_ms) = (0, 0, i64::MIN);
        self.forced.reset();
        self.close_circuit()
    }

    /// Forgets what went wrong. Whether a circuit was open: it is from a rejection of the keys on,
    /// whatever a probe ends in, until the service has accepted them.
    fn close_circuit(&mut self) -> bool {
        self.setback = None;
        std::mem::take(&mut self.rejections) > 0
    }

    /// Somebody has seen this time earlier on: takes note of it, so that a step back from it is
    /// seen. One that lies before what is known says nothing.
    pub fn observe(&mut self, reading_ms: i64) {
        self.clock.note(reading_ms);
    }

    /// The clock has stepped back from what whoever hands out fresh tokens without asking has seen:
    /// that ends the token at hand.
    pub fn stepped_back(&mut self, reading_ms: i64, seen_ms: i64) {
        self.observe(seen_ms);
        self.tick(reading_ms);
    }

    fn tick(&mut self, reading_ms: i64) -> i64 {
        let (now, stepped_back) = self.clock.tick(reading_ms);
        if stepped_back {
            // Nobody can tell how much of its life has passed.
            self.drop_token(Reason::Expiry);
        } else if let Some(held) = &mut self.token {
            held.now_ms = held.now_ms.max(now - self.clock.standstill_ms(reading_ms));
            if held.now_ms >= held.points.dead_ms {
                self.drop_token(Reason::Expiry);
            }
        }
        now
    }

    /// A token that comes now, and would be the next.
    fn comes(
        &self,
        now: i64,
        reading_ms: i64,
        ends_in_ms: i64,
        lifetime_ms: i64,
        jitter: f64,
    ) -> Held {
        let now_ms = now - self.clock.standstill_ms(reading_ms);
        let refresh_ahead = self.policy.refresh_ahead;
        let points = Points::new(now_ms + ends_in_ms, lifetime_ms, refresh_ahead, jitter);
        Held { id: self.tokens + 1, points, lifetime_ms, now_ms }
    }

    fn install(&mut self, held: Held, closed: bool) -> Next<E> {
        let fresh_for_ms = (held.points.soft_ms - held.now_ms).max(0);
        self.tokens = held.id;
        self.token = Some(held);
        Next::Done { token: Some(self.tokens), fresh_for_ms, closed }
    }

    fn drop_token(&mut self, reason: Reason) {
        if self.token.take().is_some() {
            self.missing = reason;
        }
    }

    fn ask_without_token(&mut self, now: i64, asked_at_ms: i64, asked_at: i64) -> Ask<E> {
        let deadline = asked_at + self.policy.deadline_ms;
        if let Some(error) = self.remembered(now)
            && (deadline <= now || !self.may_ask_store(now, asked_at))
        {
            return Ask::Fail(error);
        }
        if deadline <= now {
            let last = self.exchange.as_ref().and_then(|exchange| exchange.last_error.clone());
            return Ask::Fail(last.unwrap_or_else(|| E::too_late(self.policy.deadline_ms)));
        }
        self.wait(now, asked_at_ms, deadline, self.missing)
    }

    /// Waits for the exchange under way, or for one that is started.
    fn wait(&mut self, now: i64, asked_at_ms: i64, until: i64, reason: Reason) -> Ask<E> {
        let wait_ms = |due: i64| (until.min(due) - now).max(1);
        if let Some(exchange) = &self.exchange {
            return Ask::Wait { wait_ms: wait_ms(exchange.due_ms), asked_at_ms };
        }
        let start = self.start(now, reason);
        let first_ms =
            if self.policy.has_store { STORE_TIMEOUT_MS } else { self.policy.timeout_ms };
        Ask::Start { start, wait_ms: wait_ms(now + first_ms + GRACE_MS), asked_at_ms }
    }

    /// The failure that is to be told at once, if there is one.
    fn remembered(&self, now: i64) -> Option<E> {
        let setback = self.setback.as_ref().filter(|setback| now < setback.until_ms)?;
        Some(setback.error.clone())
    }

    fn start(&mut self, now: i64, reason: Reason) -> Start {
        self.exchanges += 1;
        let store_only = self.remembered(now).is_some();
        if store_only {
            self.store_from_ms = now + STORE_PAUSE_MS;
        }
        self.exchange = Some(Exchange {
            id: self.exchanges,
            attempts: 0,
            deadline_ms: now + self.policy.deadline_ms,
            due_ms: now + GRACE_MS,
            last_error: None,
            store_only,
        });
        Start { exchange: self.exchanges, reason }
    }

    fn may_refresh(&self, now: i64) -> bool {
        self.exchange.is_none() && now >= self.next_refresh_ms()
    }

    /// Before when no refresh can begin.
    fn next_refresh_ms(&self) -> i64 {
        let setback = self.setback.as_ref().map_or(i64::MIN, |setback| setback.until_ms);
        let exchange = self.exchange.as_ref().map_or(i64::MIN, |exchange| exchange.due_ms);
        self.background_from_ms.max(setback).max(exchange)
    }

    /// Decides how long a failure is remembered. Whether this opens a circuit.
    fn remember(&mut self, now: i64, error: E) -> bool {
        let asked = error.retry_after_ms();
        if error.rejects_keys() {
            self.rejections = self.rejections.saturating_add(1);
            let until_ms = now.saturating_add(CIRCUIT.wait_ms(self.rejections).max(asked));
            self.setback = Some(Setback { error, until_ms, told_from_ms: now });
            return self.rejections == 1;
        }
        let count = if self.token.is_some() { &mut self.failures } else { &mut self.losses };
        *count = count.saturating_add(1);
        let (wait_ms, remembered_ms) = match &self.token {
            Some(held) => (held.refresh_wait_ms(self.failures).max(asked), asked),
            None => (0, FAILURE.wait_ms(self.losses).max(asked)),
        };
        self.background_from_ms = now.saturating_add(wait_ms);
        let until_ms = now.saturating_add(remembered_ms);
        self.setback = Some(Setback { error, until_ms, told_from_ms: now });
        false
    }
}
