//! A virtual world around a machine: the service, the callers, and a shell like the package's own.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use fastrand::Rng;
use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{Ask, Next, Start, Unauthorized};

use crate::checks::{Checks, GRACE_MS, Violation};
use crate::machine::Machine;
use crate::schedule::Schedule;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives(usize),
    Leaves(usize),
    /// A caller's own timer, of its `n`th wait.
    Wakes(usize, u32),
    Attempt(u32),
    Answered(u32, Answer),
    Revoked,
    Jumps(i64),
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    /// A token, and when the service issued it.
    Token(i64),
    Failure(Fault),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Network,
    Timeout,
    Unavailable,
    RateLimited,
    Rejected,
}

/// How a caller's wait ended, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Token { token: u32, at_ms: i64 },
    Failed { code: Code, at_ms: i64 },
    Left,
}

#[derive(Clone, Default)]
struct Caller {
    waiting: bool,
    waits: u32,
    began_ms: i64,
    asked_at_ms: Option<i64>,
    /// It has been sent again once.
    replayed: bool,
    ended: Option<Ended>,
}

/// The shell's own state, beside the machine.
#[derive(Default)]
struct Shell {
    token: Option<u32>,
    fresh_until_ms: i64,
    seen_ms: i64,
}

pub struct World<'a, M: Machine> {
    machine: M,
    schedule: &'a Schedule,
    checks: Checks,
    shell: Shell,
    callers: Vec<Caller>,
    waiting: Vec<usize>,
    events: BinaryHeap<Reverse<(i64, u64, Event)>>,
    sequence: u64,
    now_ms: i64,
    offset_ms: i64,
    ahead_ms: i64,
    attempts: HashMap<u32, u32>,
    issued: HashMap<u32, i64>,
    revoked_at_ms: i64,
    /// What each request is answered with, and each token's jitter, whoever makes it.
    rng: Rng,
}

/// Runs a schedule to its end: how each caller's wait ended, or what did not hold.
pub fn run<M: Machine>(machine: M, schedule: &Schedule) -> Result<Vec<Option<Ended>>, Violation> {
    let mut world = World {
        machine,
        schedule,
        checks: Checks::new(),
        shell: Shell::default(),
        callers: vec![Caller::default(); schedule.callers.len()],
        waiting: Vec::new(),
        events: BinaryHeap::new(),
        sequence: 0,
        now_ms: 0,
        offset_ms: 0,
        ahead_ms: 0,
        attempts: HashMap::new(),
        issued: HashMap::new(),
        revoked_at_ms: i64::MIN,
        rng: Rng::with_seed(schedule.seed ^ 0x5eed),
    };
    for (index, caller) in schedule.callers.iter().enumerate() {
        world.at(caller.arrives_ms, Event::Arrives(index));
        if let Some(leaves_ms) = caller.leaves_ms {
            world.at(leaves_ms, Event::Leaves(index));
        }
    }
    schedule.revocations_ms.iter().for_each(|at| world.at(*at, Event::Revoked));
    schedule.jumps.iter().for_each(|(at, by)| world.at(*at, Event::Jumps(*by)));
    schedule.reset_ms.iter().for_each(|at| world.at(*at, Event::Reset));
    while let Some(Reverse((at_ms, _, event))) = world.events.pop() {
        world.now_ms = at_ms;
        world.checks.passed(at_ms);
        world.handle(event)?;
        world.nobody_waits_too_long()?;
    }
    Ok(world.callers.into_iter().map(|caller| caller.ended).collect())
}

impl<M: Machine> World<'_, M> {
    fn at(&mut self, at_ms: i64, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((at_ms, self.sequence, event)));
    }

    /// What the clock shows.
    fn reading(&self) -> i64 {
        self.now_ms + self.offset_ms
    }

    /// The time as a cool-down counts it.
    fn own_ms(&self) -> i64 {
        self.now_ms + self.ahead_ms
    }

    fn handle(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Arrives(caller) => self.begin(caller),
            Event::Leaves(caller) => {
                if self.callers[caller].waiting {
                    self.stop_waiting(caller);
                    self.callers[caller].ended = Some(Ended::Left);
                    self.machine.caller_left();
                }
                Ok(())
            }
            Event::Wakes(caller, wait) => {
                let waits = |state: &Caller| state.waiting && state.waits == wait;
                if self.callers.get(caller).is_some_and(waits) {
                    self.stop_waiting(caller);
                    return self.ask(caller);
                }
                Ok(())
            }
            Event::Attempt(exchange) => {
                self.attempt(exchange);
                Ok(())
            }
            Event::Answered(exchange, answer) => self.answered(exchange, answer),
            Event::Revoked => {
                self.revoked_at_ms = self.now_ms;
                Ok(())
            }
            Event::Jumps(by_ms) => {
                // A busy client: somebody asks just before the jump, and just after it.
                self.glance()?;
                self.offset_ms += by_ms;
                self.checks.jumped();
                if by_ms > 0 {
                    self.ahead_ms += by_ms;
                    self.checks.abandoned(); // it may look overdue
                }
                self.glance()
            }
            Event::Reset => {
                self.machine.reset();
                self.checks.reset();
                Ok(())
            }
        }
    }

    fn begin(&mut self, caller: usize) -> Result<(), Violation> {
        self.callers[caller].began_ms = self.now_ms;
        self.callers[caller].asked_at_ms = None;
        self.ask(caller)
    }

    /// As the package's `getToken` does it.
    fn ask(&mut self, caller: usize) -> Result<(), Violation> {
        let reading = self.reading();
        if let Some(token) = self.shell.token
            && reading < self.shell.fresh_until_ms
            && reading >= self.shell.seen_ms - 1_000
        {
            self.shell.seen_ms = self.shell.seen_ms.max(reading);
            return self.take(caller, token);
        }
        self.machine.observe(self.shell.seen_ms);
        let ask = self.machine.ask(reading, self.callers[caller].asked_at_ms);
        self.shell.seen_ms = reading;
        if !matches!(ask, Ask::HandOut { .. }) {
            self.shell.token = None;
        }
        match ask {
            Ask::HandOut { token, fresh_for_ms, start } => {
                self.shell.fresh_until_ms = reading + fresh_for_ms;
                if let Some(start) = start {
                    self.lead(start)?;
                }
                self.take(caller, token)
            }
            Ask::Start { start, wait_ms, asked_at_ms } => {
                self.wait(caller, wait_ms, asked_at_ms);
                self.lead(start)
            }
            Ask::Wait { wait_ms, asked_at_ms } => {
                self.wait(caller, wait_ms, asked_at_ms);
                Ok(())
            }
            Ask::Fail(error) => {
                let ended = Ended::Failed { code: error.code, at_ms: self.now_ms };
                self.callers[caller].ended = Some(ended);
                Ok(())
            }
        }
    }

    /// Somebody asks, and does not wait for an answer.
    fn glance(&mut self) -> Result<(), Violation> {
        self.callers.push(Caller::default());
        let caller = self.callers.len() - 1;
        self.begin(caller)?;
        self.stop_waiting(caller);
        self.callers.pop();
        Ok(())
    }

    /// A caller has a token, and makes a request with it.
    fn take(&mut self, caller: usize, token: u32) -> Result<(), Violation> {
        self.checks.handed_out(self.now_ms, token)?;
        let at_ms = self.now_ms;
        self.callers[caller].ended = Some(Ended::Token { token, at_ms });
        let revoked = self.issued.get(&token).is_some_and(|at| *at <= self.revoked_at_ms);
        let refused = revoked || self.rng.u32(0..100) < self.schedule.refusals;
        let reading = self.reading();
        if self.callers[caller].replayed {
            self.machine.replayed(reading, token, refused);
        } else if refused && self.machine.unauthorized(reading, token) == Unauthorized::Replay {
            if self.shell.token == Some(token) {
                self.shell.token = None;
                self.checks.rejected(token);
            }
            self.callers[caller].replayed = true;
            return self.begin(caller);
        }
        Ok(())
    }

    fn wait(&mut self, caller: usize, wait_ms: i64, asked_at_ms: i64) {
        let state = &mut self.callers[caller];
        state.waiting = true;
        state.waits += 1;
        state.asked_at_ms = Some(asked_at_ms);
        let wakes = Event::Wakes(caller, state.waits);
        self.waiting.push(caller);
        self.at(self.now_ms + wait_ms, wakes);
    }

    fn stop_waiting(&mut self, caller: usize) {
        self.callers[caller].waiting = false;
        self.waiting.retain(|waiting| *waiting != caller);
    }

    fn nobody_waits_too_long(&self) -> Result<(), Violation> {
        let longest_ms = self.schedule.policy.deadline_ms + GRACE_MS;
        let late = |caller: &usize| self.now_ms > self.callers[*caller].began_ms + longest_ms;
        // The callers wait in the order in which they came, or nearly so.
        if self.waiting.iter().take(8).any(late) { Err(Violation::EndlessWait) } else { Ok(()) }
    }

    fn lead(&mut self, start: Start) -> Result<(), Violation> {
        self.checks.passed(self.now_ms);
        self.checks.started(self.own_ms(), start.exchange)?;
        self.attempt(start.exchange);
        Ok(())
    }

    fn attempt(&mut self, exchange: u32) {
        let Some(timeout_ms) = self.machine.attempt(self.reading(), exchange) else { return };
        let attempt = self.attempts.entry(exchange).or_default();
        *attempt += 1;
        // Of the attempt alone, not of who else has drawn before.
        let draw = u64::from(exchange) << 16 | u64::from(*attempt);
        let mut rng = Rng::with_seed(self.schedule.seed.rotate_left(17) ^ draw);
        if rng.u32(0..100) < self.schedule.vanishings {
            return self.checks.abandoned();
        }
        let (least, most) = self.schedule.latency_ms;
        let latency_ms = rng.i64(least..=most);
        let at_ms = self.now_ms + latency_ms;
        let (wrong_from, wrong_to) = self.schedule.keys_wrong_ms;
        let answer = if rng.u32(0..100) < self.schedule.faults {
            let faults = [Fault::Network, Fault::Timeout, Fault::Unavailable, Fault::RateLimited];
            Answer::Failure(faults[rng.usize(0..faults.len())])
        } else if (wrong_from..wrong_to).contains(&at_ms) {
            Answer::Failure(Fault::Rejected)
        } else {
            Answer::Token(at_ms - latency_ms / 2)
        };
        if latency_ms >= timeout_ms || answer == Answer::Failure(Fault::Timeout) {
            let timeout = Answer::Failure(Fault::Timeout);
            return self.at(self.now_ms + timeout_ms, Event::Answered(exchange, timeout));
        }
        self.at(at_ms, Event::Answered(exchange, answer));
    }

    fn answered(&mut self, exchange: u32, answer: Answer) -> Result<(), Violation> {
        let reading = self.reading();
        let draw = u64::from(exchange).wrapping_mul(0x9e37_79b9);
        let jitter = Rng::with_seed(self.schedule.seed ^ draw).f64();
        let (next, issued_ms) = match answer {
            Answer::Token(issued_ms) => {
                let ends_in_ms = issued_ms + self.schedule.lifetime_ms - self.now_ms;
                (self.machine.succeeded(reading, exchange, ends_in_ms, jitter), issued_ms)
            }
            Answer::Failure(fault) => {
                (self.machine.failed(reading, exchange, fault.error(), jitter), 0)
            }
        };
        match next {
            Next::Done { token, fresh_for_ms, .. } => {
                let life = (self.now_ms, issued_ms + self.schedule.lifetime_ms);
                let refresh_ahead = self.schedule.policy.refresh_ahead;
                self.checks.issued(exchange, token, life, refresh_ahead);
                if let Some(token) = token {
                    self.issued.insert(token, issued_ms);
                    self.shell.token = Some(token);
                    self.shell.fresh_until_ms = reading + fresh_for_ms;
                }
                self.wake_all()
            }
            Next::Failed { .. } => {
                self.shell.fresh_until_ms = i64::MIN;
                let rejected = answer == Answer::Failure(Fault::Rejected);
                self.checks.failed(self.own_ms(), exchange, rejected);
                self.wake_all()
            }
            Next::Retry { wait_ms } => {
                self.at(self.now_ms + wait_ms, Event::Attempt(exchange));
                Ok(())
            }
            Next::Superseded => Ok(()),
        }
    }

    fn wake_all(&mut self) -> Result<(), Violation> {
        for caller in std::mem::take(&mut self.waiting) {
            self.callers[caller].waiting = false;
            self.ask(caller)?;
        }
        Ok(())
    }
}

impl Fault {
    fn error(self) -> Error {
        let (code, retry_after_ms) = match self {
            Self::Network => (Code::Network, None),
            Self::Timeout => (Code::Timeout, None),
            Self::Unavailable => (Code::ServiceUnavailable, None),
            Self::RateLimited => (Code::RateLimited, Some(2_000)),
            Self::Rejected => (Code::CredentialsRejected, None),
        };
        let retryable = self != Self::Rejected;
        Error { retryable, retry_after_ms, ..Error::new(code, String::new()) }
    }
}
