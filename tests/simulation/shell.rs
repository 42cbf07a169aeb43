//! What the package's own shell keeps beside the lifecycle, so that it need not ask each time.

use std::collections::HashSet;

use crate::checks::Time;

/// A step back of more than this is one.
const STEP_MS: i64 = 1_000;

#[derive(Default)]
pub struct Shell {
    /// The token at hand, and until when it is handed out without asking.
    pub token: Option<u32>,
    pub fresh_until_ms: i64,
    /// How long the machine had slept when that was said.
    slept_ms: i64,
    /// The latest reading of the clock.
    pub seen_ms: i64,
    /// The exchange whose end is waited for.
    pub slot: Option<u32>,
    /// When the service issued the token at hand, which tells it from others.
    pub issued_ms: i64,
    /// What is not taken from the store.
    rejected: HashSet<i64>,
}

impl Shell {
    /// The token that is handed out without asking the lifecycle.
    pub fn at_hand(&self, now: Time) -> Option<u32> {
        let reading_ms = now.reading_ms();
        let until_ms = self.fresh_until_ms - (now.slept_ms - self.slept_ms);
        let fresh = reading_ms < until_ms && reading_ms >= self.seen_ms - STEP_MS;
        self.token.filter(|_| fresh)
    }

    /// Takes note of the time. Whether it has stepped back: then nobody knows how old the token is.
    pub fn sees(&mut self, reading_ms: i64) -> bool {
        let stepped_back = reading_ms < self.seen_ms - STEP_MS;
        if stepped_back {
            self.forget();
            self.seen_ms = reading_ms;
        }
        self.seen_ms = self.seen_ms.max(reading_ms); // small steps must add up
        stepped_back
    }

    pub fn install(&mut self, (token, issued_ms): (u32, i64), now: Time, fresh_for_ms: i64) {
        (self.token, self.issued_ms) = (Some(token), issued_ms);
        self.is_fresh(now, fresh_for_ms);
    }

    pub fn is_fresh(&mut self, now: Time, for_ms: i64) {
        self.fresh_until_ms = now.reading_ms() + for_ms;
        self.slept_ms = now.slept_ms;
    }

    /// A token was answered with a 401, be it the one at hand or not.
    pub fn rejects(&mut self, token: u32, issued_ms: i64) {
        self.rejected.insert(issued_ms);
        if self.token == Some(token) {
            self.forget();
        }
    }

    /// Drops the token at hand for good.
    pub fn drop(&mut self) {
        if let Some(token) = self.token {
            self.rejects(token, self.issued_ms);
        }
    }

    /// Whether a token of the store was rejected.
    pub fn has_rejected(&self, issued_ms: i64) -> bool {
        self.rejected.contains(&issued_ms)
    }

    pub fn forget(&mut self) {
        self.token = None;
        self.fresh_until_ms = 0;
    }
}
