//! Leaders that read the store before they ask the service.

use pay4power_auth::lifecycle::LeaderAction;

use super::{Event, World};
use crate::checks::{Arrival, Violation};
use crate::draw::{For, chances};
use crate::lifecycle::SimulatedLifecycle;
use crate::store::{Found, Sharing};

impl<M: SimulatedLifecycle> World<'_, M> {
    pub(super) fn consult(&mut self, exchange: u32, sharing: Sharing) -> Result<(), Violation> {
        let monotonic_ms = self.now();
        let Some(timeout_ms) = self.lifecycle.store_read_begins(monotonic_ms, exchange) else {
            return self.over(exchange);
        };
        self.checks.granted(self.time, exchange, timeout_ms);
        let own = self.leaders.all_issued_ms();
        let (found, after_ms) =
            sharing.read(self.schedule, self.time.true_ms(), exchange, timeout_ms, own);
        let current = self.shell.token.map(|_| self.shell.issued_ms);
        self.goes_on(exchange, after_ms, Event::Found(exchange, found, current));
        Ok(())
    }

    pub(super) fn found(
        &mut self,
        exchange: u32,
        found: Option<Found>,
        current: Option<i64>,
    ) -> Result<(), Violation> {
        let monotonic_ms = self.now();
        let knows_the_rejected = self.lifecycle.habits().knows_the_rejected;
        let is_news = |issued_ms| {
            let rejected = knows_the_rejected && self.shell.has_rejected(issued_ms);
            current != Some(issued_ms) && !rejected
        };
        let next = match found.filter(|found| is_news(found.issued_ms)) {
            Some(found) => self.restore(monotonic_ms, exchange, found)?,
            None => self.lifecycle.store_miss(monotonic_ms, exchange),
        };
        if let LeaderAction::Exchange { deadline_ms } = next {
            return self.ask_service(exchange, deadline_ms);
        }
        self.checks.has_asked(exchange);
        self.over(exchange)
    }

    fn restore(
        &mut self,
        monotonic_ms: i64,
        exchange: u32,
        Found { issued_ms, skew_ms }: Found,
    ) -> Result<LeaderAction, Violation> {
        let life = self.life_of(issued_ms, skew_ms);
        let jitter = chances(self.schedule.seed, For::Jitter, exchange, 1).f64();
        let next = self.lifecycle.store_hit(monotonic_ms, exchange, life, jitter);
        if let LeaderAction::Done { token: Some(token), hand_out_for_ms, .. } = next {
            let early = (self.schedule.policy.refresh_ahead, jitter);
            let arrival = Arrival { issued_ms, life, early };
            self.checks.store_hit(self.time, exchange, token, arrival)?;
            self.has(token, issued_ms, hand_out_for_ms);
        }
        Ok(next)
    }
}
