//! A virtual world around a lifecycle: its time and its events.

mod callers;
mod leaders;
mod readers;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use callers::Caller;
use leaders::Leaders;
use pay4power_auth::error::Code;

use crate::checks::{Checks, Time, Violation};
use crate::lifecycle::SimulatedLifecycle;
use crate::schedule::{Incident, Schedule};
use crate::service::{Answer, Service};
use crate::shell::Shell;
use crate::store::Found;

/// The end of a caller's wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Token { token: u32, at_ms: i64 },
    Failed { code: Code, at_ms: i64 },
    Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives(usize),
    Leaves(usize),
    /// A caller's timer fires, of the wait with this number.
    Wakes(usize, u32),
    /// A caller's request with this token was answered.
    Responded {
        caller: usize,
        token: u32,
        unauthorized: bool,
    },
    /// A leader begins its exchange.
    Begins(u32),
    /// A leader begins its next attempt.
    Attempts(u32),
    /// The store has answered. The last value is the current token when the read began.
    Found(u32, Option<Found>, Option<i64>),
    Answered(u32, Answer),
    Happens(Incident),
}

pub struct World<'a, M: SimulatedLifecycle> {
    lifecycle: M,
    schedule: &'a Schedule,
    checks: Checks,
    shell: Shell,
    service: Service,
    callers: Vec<Caller>,
    waiting: Vec<(usize, u32)>,
    leaders: Leaders,
    events: BinaryHeap<Reverse<(i64, u64, Event)>>,
    sequence: u64,
    time: Time,
}

/// Runs a schedule. Returns how each wait of each caller ended, or the violation.
pub fn run<M: SimulatedLifecycle>(
    lifecycle: M,
    schedule: &Schedule,
) -> Result<Vec<Vec<Ended>>, Violation> {
    let mut world = World {
        lifecycle,
        schedule,
        checks: Checks::default(),
        shell: Shell::default(),
        service: Service::default(),
        callers: vec![Caller::default(); schedule.callers.len()],
        waiting: Vec::new(),
        leaders: Leaders::default(),
        events: BinaryHeap::new(),
        sequence: 0,
        time: Time::default(),
    };
    for (index, caller) in schedule.callers.iter().enumerate() {
        world.at(caller.arrives_ms, Event::Arrives(index));
        if let Some(leaves_ms) = caller.leaves_ms.filter(|_| caller.leaves) {
            world.at(leaves_ms, Event::Leaves(index));
        }
    }
    for (at_ms, incident) in &schedule.incidents {
        world.at(*at_ms, Event::Happens(*incident));
    }
    while let Some(Reverse((at_ms, _, event))) = world.events.pop() {
        world.time.ms = at_ms;
        world.handle(event)?;
    }
    world.all_were_answered()?;
    Ok(world.callers.into_iter().map(|caller| caller.ended).collect())
}

impl<M: SimulatedLifecycle> World<'_, M> {
    fn at(&mut self, at_ms: i64, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((at_ms, self.sequence, event)));
    }

    /// The shell reads its clock.
    fn read(&mut self) -> i64 {
        self.checks.read(self.time);
        let monotonic_ms = self.time.monotonic_ms();
        let seen_monotonic_ms = self.shell.seen_monotonic_ms;
        if self.lifecycle.habits().sees_every_reading && self.shell.sees(monotonic_ms) {
            self.lifecycle.observe(seen_monotonic_ms);
        }
        monotonic_ms
    }

    /// The shell reads both clocks and reports them to the lifecycle.
    fn now(&mut self) -> i64 {
        let monotonic_ms = self.read();
        self.lifecycle.clocks_read(self.time.moment());
        monotonic_ms
    }

    fn handle(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Arrives(caller) => self.begin(caller),
            Event::Leaves(caller) => {
                self.leave(caller);
                Ok(())
            }
            Event::Wakes(caller, wait) => self.wake(caller, wait),
            Event::Responded { caller, token, unauthorized } => {
                self.responded(caller, token, unauthorized)
            }
            Event::Begins(exchange) => self.starts(exchange),
            Event::Found(exchange, found, current) => self.found(exchange, found, current),
            Event::Attempts(exchange) => self.attempt(exchange),
            Event::Answered(exchange, answer) => self.answered(exchange, answer),
            Event::Happens(incident) => self.happens(incident),
        }
    }

    fn happens(&mut self, incident: Incident) -> Result<(), Violation> {
        match incident {
            Incident::Revoked => self.service.revoke_all(self.time.true_ms()),
            Incident::Reset => {
                self.lifecycle.reset();
                self.checks.reset();
                self.shell.hand_out_until_monotonic_ms = 0; // a refresh in a cool-down may begin
            }
            Incident::Invalidated => {
                self.lifecycle.invalidate();
                if let Some(token) = self.shell.token {
                    self.checks.rejected(token);
                }
                self.shell.drop();
            }
            Incident::Sleeps(ms) => self.time.slept_ms += ms,
            Incident::Jumps(by_ms) => {
                if self.schedule.busy {
                    self.glance()?;
                }
                if by_ms > 0 {
                    self.time.ahead_ms += by_ms;
                } else {
                    self.time.back_ms -= by_ms;
                }
                if self.schedule.busy {
                    self.glance()?;
                }
            }
        }
        Ok(())
    }
}
