//! Callers. Each asks as the package's `getToken` does, waits by its own timer, and makes a request.

use pay4power_auth::lifecycle::CallerAction;

use super::{Ended, Event, World};
use crate::checks::{LATE_MS, Time, Violation};
use crate::draw::{For, chances, often, small};
use crate::lifecycle::SimulatedLifecycle;

#[derive(Clone, Default)]
pub struct Caller {
    waiting: bool,
    /// The exchange that it waits for.
    slot: Option<u32>,
    waits: u32,
    began: Time,
    asked_at_ms: Option<i64>,
    visits: u32,
    /// True if its request was sent again.
    replays: bool,
    pub ended: Vec<Ended>,
}

impl<M: SimulatedLifecycle> World<'_, M> {
    pub(super) fn begin(&mut self, caller: usize) -> Result<(), Violation> {
        let state = &mut self.callers[caller];
        (state.began, state.asked_at_ms) = (self.time, None);
        self.ask(caller)
    }

    pub(super) fn leave(&mut self, caller: usize) {
        let state = &mut self.callers[caller];
        if state.waiting && state.visits == 0 {
            state.waiting = false;
            state.ended.push(Ended::Left);
            self.lifecycle.caller_left();
        }
    }

    pub(super) fn wake(&mut self, caller: usize, wait: u32) -> Result<(), Violation> {
        let state = &mut self.callers[caller];
        if !state.waiting || state.waits != wait {
            return Ok(());
        }
        state.waiting = false;
        self.ask(caller)
    }

    /// Has all callers that wait for this exchange ask again.
    pub(super) fn wake_all(&mut self, exchange: u32) -> Result<(), Violation> {
        for (caller, wait) in std::mem::take(&mut self.waiting) {
            let state = &self.callers[caller];
            if state.waiting && state.waits == wait {
                if state.slot == Some(exchange) {
                    self.wake(caller, wait)?;
                } else {
                    self.waiting.push((caller, wait));
                }
            }
        }
        Ok(())
    }

    /// A caller asks and leaves at once.
    pub(super) fn glance(&mut self) -> Result<(), Violation> {
        let monotonic_ms = self.read();
        if self.shell.at_hand(self.time).is_some() {
            return Ok(());
        }
        match self.ask_lifecycle(monotonic_ms, None) {
            CallerAction::HandOut { start: Some(start), .. }
            | CallerAction::Start { start, .. } => self.lead(start),
            _ => Ok(()),
        }
    }

    pub(super) fn all_were_answered(&self) -> Result<(), Violation> {
        let waits = |caller: &Caller| caller.waiting || caller.ended.is_empty();
        if self.callers.iter().any(waits) { Err(Violation::EndlessWait) } else { Ok(()) }
    }

    fn ask_lifecycle(&mut self, monotonic_ms: i64, asked_at_ms: Option<i64>) -> CallerAction {
        self.lifecycle.observe(self.shell.seen_monotonic_ms);
        self.lifecycle.clocks_read(self.time.moment());
        let ask = self.lifecycle.ask(monotonic_ms, asked_at_ms);
        self.shell.sees(monotonic_ms);
        if let CallerAction::HandOut { hand_out_for_ms, .. } = &ask {
            self.shell.hand_out_for(self.time, *hand_out_for_ms);
        } else if self.lifecycle.habits().keeps_the_expiring {
            self.shell.hand_out_until_monotonic_ms = 0;
        } else {
            self.shell.forget();
        }
        ask
    }

    fn ask(&mut self, caller: usize) -> Result<(), Violation> {
        let monotonic_ms = self.read();
        if let Some(token) = self.shell.at_hand(self.time) {
            self.shell.sees(monotonic_ms);
            return self.take(caller, token);
        }
        match self.ask_lifecycle(monotonic_ms, self.callers[caller].asked_at_ms) {
            CallerAction::HandOut { token, start, .. } => {
                if let Some(start) = start {
                    self.lead(start)?;
                }
                self.take(caller, token)
            }
            CallerAction::Start { start, wait_ms, asked_at_ms } => {
                self.lead(start)?;
                self.wait(caller, wait_ms, asked_at_ms)
            }
            CallerAction::Wait { wait_ms, asked_at_ms } => self.wait(caller, wait_ms, asked_at_ms),
            CallerAction::Fail { error, .. } => {
                let at_ms = self.time.ms;
                self.end(caller, Ended::Failed { code: error.code, at_ms })?;
                self.come_again(caller);
                Ok(())
            }
        }
    }

    fn wait(&mut self, caller: usize, wait_ms: i64, asked_at_ms: i64) -> Result<(), Violation> {
        let deadline_ms = self.schedule.policy.deadline_ms;
        let state = &mut self.callers[caller];
        self.checks.waited(state.began, self.time, deadline_ms)?;
        state.waiting = true;
        state.waits += 1;
        state.slot = self.shell.slot;
        state.asked_at_ms = Some(asked_at_ms);
        let wait = state.waits;
        self.waiting.push((caller, wait));
        let number = small(caller);
        // Timers fire a little late, and sometimes early.
        let off_ms = chances(self.schedule.seed, For::Timer, number, wait).i64(-1..=LATE_MS);
        self.at(self.time.ms + (wait_ms + off_ms).max(1), Event::Wakes(caller, wait));
        Ok(())
    }

    /// A caller gets a token and makes a request with it.
    fn take(&mut self, caller: usize, token: u32) -> Result<(), Violation> {
        self.checks.handed_out(self.time, token)?;
        if self.shell.token != Some(token) {
            return Err(Violation::LostToken);
        }
        self.end(caller, Ended::Token { token, at_ms: self.time.ms })?;
        if self.was_to_leave(caller) {
            return Ok(());
        }
        let state = &self.callers[caller];
        let answers = small(state.ended.len());
        let mut rng = chances(self.schedule.seed, For::Request, small(caller), answers);
        let answered_ms = self.time.ms + rng.i64(0..400);
        let revoked = self.service.has_revoked(self.leaders.issued_ms(token));
        let unauthorized = revoked || often(&mut rng, self.schedule.rejected_requests);
        if unauthorized || state.replays {
            self.at(answered_ms, Event::Responded { caller, token, unauthorized });
        } else {
            self.come_again(caller);
        }
        Ok(())
    }

    pub(super) fn responded(
        &mut self,
        caller: usize,
        token: u32,
        unauthorized: bool,
    ) -> Result<(), Violation> {
        let monotonic_ms = self.now();
        let issued_ms = self.leaders.issued_ms(token);
        // The store may have returned the same token again.
        let known = self.shell.token.filter(|_| self.shell.issued_ms == issued_ms).unwrap_or(token);
        if std::mem::take(&mut self.callers[caller].replays) {
            self.lifecycle.replayed(monotonic_ms, token, unauthorized);
        } else if unauthorized && self.lifecycle.unauthorized(monotonic_ms, known) {
            self.checks.rejected(known);
            self.shell.rejects(known, issued_ms);
            self.callers[caller].replays = true;
            return self.begin(caller);
        }
        self.come_again(caller);
        Ok(())
    }

    fn end(&mut self, caller: usize, how: Ended) -> Result<(), Violation> {
        let state = &mut self.callers[caller];
        state.ended.push(how);
        self.checks.waited(state.began, self.time, self.schedule.policy.deadline_ms)
    }

    /// Returns whether the caller would have left by now. It then ignores the answer.
    fn was_to_leave(&self, caller: usize) -> bool {
        let leaves_ms = self.schedule.callers[caller].leaves_ms;
        self.callers[caller].visits == 0 && leaves_ms.is_some_and(|at_ms| at_ms <= self.time.ms)
    }

    fn come_again(&mut self, caller: usize) {
        let plan = self.schedule.callers[caller];
        if self.was_to_leave(caller) || self.callers[caller].visits >= plan.comes_again {
            return;
        }
        self.callers[caller].visits += 1;
        self.callers[caller].replays = false;
        self.at(self.time.ms + plan.pause_ms.max(1), Event::Arrives(caller));
    }
}
