//! When to hand out a token, when to get a new one, and what to do when that fails.
//!
//! A state machine without I/O: events go in, each with the time; answers come out. Whoever drives
//! it makes the exchanges that it [starts](Ask::Start), and does nothing else of its own accord.
//! It never sees a token, only when one ends; tokens and exchanges are known by numbers.

mod backoff;
mod clock;
mod points;

pub use backoff::{BACKGROUND, Backoff, CIRCUIT, FAILURE, FORCED, RETRY};
pub use clock::{Clock, STEP_MS};
pub use points::{Phase, Points};

use crate::error::{Code, Error};

/// How late a leader may be before it is taken to be gone.
pub const GRACE_MS: i64 = 250;
/// How long an expiring token is waited over for a new one.
pub const PATIENCE_MS: i64 = 1_000;

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
}

/// Why an exchange is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no token yet.
    Absent,
    /// The token at hand will end soon, or has ended.
    Expiry,
    /// The token at hand was rejected, or dropped by the caller.
    Rejected,
    /// The last exchange failed.
    Failure,
    /// The one who led the last exchange is gone.
    Abandoned,
}

impl Reason {
    /// The reason as callers see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Expiry => "expiry",
            Self::Rejected => "rejected",
            Self::Failure => "failure",
            Self::Abandoned => "abandoned",
        }
    }
}

/// An exchange that whoever asked has to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its number.
    pub exchange: u32,
    /// Why it is made.
    pub reason: Reason,
}

/// What somebody who asked for a token is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Take the token at hand; when there is a `start`, make that exchange in the background.
    HandOut {
        /// The token's number.
        token: u32,
        /// How long it may be handed out without asking again.
        fresh_for_ms: i64,
        /// The exchange to make.
        start: Option<Start>,
    },
    /// Make this exchange, and wait as for [`Ask::Wait`].
    Start {
        /// The exchange to make.
        start: Start,
        /// How long to wait at most before asking again.
        wait_ms: i64,
        /// To be given back when asking again.
        asked_at_ms: i64,
    },
    /// Wait for the exchange under way to end, then ask again.
    Wait {
        /// How long to wait at most before asking again.
        wait_ms: i64,
        /// To be given back when asking again.
        asked_at_ms: i64,
    },
    /// Fail with this.
    Fail(Error),
}

/// What the leader of an exchange is to do after an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// The exchange has ended with a token, which is now number `token`.
    Done {
        /// The new token's number; `None` when a better one is at hand.
        token: Option<u32>,
        /// How long it may be handed out without asking.
        fresh_for_ms: i64,
        /// Whether a circuit was closed by this.
        closed: bool,
    },
    /// The exchange has ended in this failure.
    Failed {
        /// Why.
        error: Error,
        /// Whether this has opened a circuit.
        opened: bool,
    },
    /// Wait, then begin another attempt.
    Retry {
        /// How long.
        wait_ms: i64,
    },
    /// Somebody else leads by now: stop.
    Superseded,
}

/// What to do with a request that was answered with a 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// Ask for a token and send it again.
    Replay,
    /// Return the 401.
    Return,
}

#[derive(Clone, Debug)]
struct Held {
    id: u32,
    points: Points,
    lifetime_ms: i64,
    /// The latest time since it came. The clock may have been a little further on before.
    now_ms: i64,
}

impl Held {
    /// Its points, as they lie for whoever takes it to be `now`.
    fn points_at(&self, now: i64) -> Points {
        self.points.later(now - self.now_ms)
    }

    /// How long a refresh of this token waits after so many failures.
    fn refresh_wait_ms(&self, failures: u32) -> i64 {
        let base_ms = BACKGROUND.base_ms.min(self.lifetime_ms / 10);
        Backoff { base_ms, ..BACKGROUND }.wait_ms(failures)
    }
}

#[derive(Clone, Debug)]
struct Exchange {
    id: u32,
    /// Attempts begun.
    attempts: u32,
    deadline_ms: i64,
    /// When the present attempt or wait will be over, by then the leader must have been heard of.
    due_ms: i64,
    last_error: Option<Error>,
}

/// A failure that is remembered.
#[derive(Clone, Debug)]
struct Setback {
    error: Error,
    until_ms: i64,
}

/// The state machine.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    policy: Policy,
    clock: Clock,
    token: Option<Held>,
    tokens: u32,
    exchange: Option<Exchange>,
    exchanges: u32,
    /// Why there is no token at hand.
    missing: Reason,
    setback: Option<Setback>,
    /// No refresh in the background before this.
    background_from_ms: i64,
    failures: u32,
    rejections: u32,
    /// No 401 forces an exchange before this.
    force_from_ms: i64,
    futile_forces: u32,
    /// The last token that was answered with a 401 when it was new.
    futile_token: Option<u32>,
}

impl Lifecycle {
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
            rejections: 0,
            force_from_ms: i64::MIN,
            futile_forces: 0,
            futile_token: None,
        }
    }

    /// Somebody asks for a token; `asked_at_ms` is what an earlier answer gave, when they ask again.
    pub fn ask(&mut self, reading_ms: i64, asked_at_ms: Option<i64>) -> Ask {
        let now = self.tick(reading_ms);
        let standstill_ms = self.clock.standstill_ms(reading_ms);
        let asked_at_ms = asked_at_ms.unwrap_or(now - standstill_ms);
        let asked_at = asked_at_ms + standstill_ms;
        let deadline = asked_at + self.policy.deadline_ms;
        if self.exchange.as_ref().is_some_and(|exchange| exchange.due_ms <= now) {
            self.exchange = None;
            self.missing = Reason::Abandoned;
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
                self.ask_without_token(now, asked_at_ms, deadline)
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
    pub fn succeeded(
        &mut self,
        reading_ms: i64,
        exchange: u32,
        ends_in_ms: i64,
        lifetime_ms: i64,
        jitter: f64,
    ) -> Next {
        let now = self.tick(reading_ms);
        let leads = self.exchange.take_if(|current| current.id == exchange).is_some();
        let now_ms = now - self.clock.standstill_ms(reading_ms);
        let points =
            Points::new(now_ms + ends_in_ms, lifetime_ms, self.policy.refresh_ahead, jitter);
        let closed = self.close_circuit();
        let held = Held { id: self.tokens + 1, points, lifetime_ms, now_ms };
        // The late answer of a leader that was given up may be older than what is at hand.
        let better = self.token.as_ref().is_none_or(|old| old.points.dead_ms <= points.dead_ms);
        if better && now_ms < points.soft_ms {
            (self.failures, self.background_from_ms) = (0, i64::MIN);
        } else if better || leads {
            // The service hands out what it did before: to ask again at once would not help.
            self.failures = self.failures.saturating_add(1);
            self.background_from_ms = now + held.refresh_wait_ms(self.failures);
        }
        if !better {
            return Next::Done { token: None, fresh_for_ms: 0, closed };
        }
        self.tokens += 1;
        let fresh_for_ms = (points.soft_ms - now_ms).max(0);
        self.token = Some(held);
        Next::Done { token: Some(self.tokens), fresh_for_ms, closed }
    }

    /// An attempt has failed.
    pub fn failed(&mut self, reading_ms: i64, exchange: u32, error: Error, jitter: f64) -> Next {
        let now = self.tick(reading_ms);
        let policy = self.policy;
        let Some(current) = self.exchange.as_mut().filter(|current| current.id == exchange) else {
            return Next::Superseded;
        };
        if error.retryable && current.attempts <= policy.retries {
            let asked = error.retry_after_ms.unwrap_or_default();
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

    /// A request with this token was answered with a 401.
    pub fn unauthorized(&mut self, reading_ms: i64, token: u32) -> Unauthorized {
        let now = self.tick(reading_ms);
        if self.token.as_ref().is_some_and(|held| held.id == token) {
            if now < self.force_from_ms {
                return Unauthorized::Return;
            }
            self.drop_token(Reason::Rejected);
        }
        Unauthorized::Replay
    }

    /// A request that was sent again with this newer token was answered with another 401, or not.
    pub fn replayed(&mut self, reading_ms: i64, token: u32, unauthorized: bool) {
        let now = self.tick(reading_ms);
        // Once for a token, however many requests were sent again with it. That another address
        // accepts it says nothing about the one that does not.
        if self.futile_token.is_some_and(|futile| token <= futile) {
            return;
        }
        if unauthorized {
            self.futile_token = Some(token);
            self.futile_forces = self.futile_forces.saturating_add(1);
            self.force_from_ms = now + FORCED.wait_ms(self.futile_forces);
        } else {
            (self.futile_forces, self.force_from_ms) = (0, i64::MIN);
        }
    }

    /// The caller drops a token, or whatever is at hand.
    pub fn invalidate(&mut self, token: Option<u32>) {
        if self.token.as_ref().is_some_and(|held| token.is_none_or(|token| token == held.id)) {
            self.drop_token(Reason::Rejected);
        }
    }

    /// The caller says that whatever was wrong has been put right. Whether a circuit was open.
    pub fn reset(&mut self) -> bool {
        (self.failures, self.futile_forces) = (0, 0);
        (self.background_from_ms, self.force_from_ms) = (i64::MIN, i64::MIN);
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

    fn drop_token(&mut self, reason: Reason) {
        if self.token.take().is_some() {
            self.missing = reason;
        }
    }

    fn ask_without_token(&mut self, now: i64, asked_at_ms: i64, deadline: i64) -> Ask {
        if let Some(setback) = self.setback.as_ref().filter(|setback| now < setback.until_ms) {
            return Ask::Fail(setback.error.clone());
        }
        if deadline <= now {
            let last = self.exchange.as_ref().and_then(|exchange| exchange.last_error.clone());
            return Ask::Fail(last.unwrap_or_else(|| self.too_late()));
        }
        self.wait(now, asked_at_ms, deadline, self.missing)
    }

    /// Waits for the exchange under way, or for one that is started.
    fn wait(&mut self, now: i64, asked_at_ms: i64, until: i64, reason: Reason) -> Ask {
        let wait_ms = |due: i64| (until.min(due) - now).max(1);
        if let Some(exchange) = &self.exchange {
            return Ask::Wait { wait_ms: wait_ms(exchange.due_ms), asked_at_ms };
        }
        let start = self.start(now, reason);
        let due = now + self.policy.timeout_ms + GRACE_MS;
        Ask::Start { start, wait_ms: wait_ms(due), asked_at_ms }
    }

    fn start(&mut self, now: i64, reason: Reason) -> Start {
        self.exchanges += 1;
        self.exchange = Some(Exchange {
            id: self.exchanges,
            attempts: 0,
            deadline_ms: now + self.policy.deadline_ms,
            due_ms: now + GRACE_MS,
            last_error: None,
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
    fn remember(&mut self, now: i64, error: Error) -> bool {
        let asked = error.retry_after_ms.unwrap_or_default();
        if error.code == Code::CredentialsRejected {
            self.rejections = self.rejections.saturating_add(1);
            let until_ms = now.saturating_add(CIRCUIT.wait_ms(self.rejections).max(asked));
            self.setback = Some(Setback { error, until_ms });
            return self.rejections == 1;
        }
        self.failures = self.failures.saturating_add(1);
        let (wait_ms, remembered_ms) = match &self.token {
            Some(held) => (held.refresh_wait_ms(self.failures).max(asked), asked),
            None => (0, FAILURE.wait_ms(self.failures).max(asked)),
        };
        self.background_from_ms = now.saturating_add(wait_ms);
        let until_ms = now.saturating_add(remembered_ms);
        self.setback = Some(Setback { error, until_ms });
        false
    }

    fn too_late(&self) -> Error {
        let message = format!("expected a token within {} ms, found none", self.policy.deadline_ms);
        Error { retryable: true, ..Error::new(Code::Timeout, message) }
    }
}
