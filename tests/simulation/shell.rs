//! The shell's own state, with which it hands out a fresh token without asking the lifecycle.

use std::collections::HashSet;

use crate::checks::Time;

/// How far a clock may run back without counting as stepped back, in milliseconds.
const STEP_BACK_TOLERANCE_MS: i64 = 1_000;

#[derive(Default)]
pub struct Shell {
    /// The token that is handed out without asking, until `fresh_until_ms`.
    pub token: Option<u32>,
    pub fresh_until_ms: i64,
    /// How long the machine had slept when `fresh_until_ms` was set.
    slept_ms: i64,
    /// The latest reading of the clock.
    pub seen_ms: i64,
    /// The exchange under way.
    pub slot: Option<u32>,
    /// When the service issued the token, which identifies it.
    pub issued_ms: i64,
    /// Rejected tokens, which are not taken from the store.
    rejected: HashSet<i64>,
}

impl Shell {
    /// Returns the token to hand out without asking the lifecycle.
    pub fn at_hand(&self, now: Time) -> Option<u32> {
        let reading_ms = now.reading_ms();
        let until_ms = self.fresh_until_ms - (now.slept_ms - self.slept_ms);
        let fresh = reading_ms < until_ms && reading_ms >= self.seen_ms - STEP_BACK_TOLERANCE_MS;
        self.token.filter(|_| fresh)
    }

    /// Records a reading. Returns whether the clock has stepped back: the token's age is unknown then.
    pub fn sees(&mut self, reading_ms: i64) -> bool {
        let stepped_back = reading_ms < self.seen_ms - STEP_BACK_TOLERANCE_MS;
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

    /// Records that a token got a 401.
    pub fn rejects(&mut self, token: u32, issued_ms: i64) {
        self.rejected.insert(issued_ms);
        if self.token == Some(token) {
            self.forget();
        }
    }

    /// Drops the current token and never takes it again.
    pub fn drop(&mut self) {
        if let Some(token) = self.token {
            self.rejects(token, self.issued_ms);
        }
    }

    /// Returns whether a stored token was rejected.
    pub fn has_rejected(&self, issued_ms: i64) -> bool {
        self.rejected.contains(&issued_ms)
    }

    pub fn forget(&mut self) {
        self.token = None;
        self.fresh_until_ms = 0;
    }
}
