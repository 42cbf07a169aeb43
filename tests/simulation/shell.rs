//! The shell's own state, with which it hands out a token without asking the lifecycle.

use std::collections::HashSet;

use crate::checks::Time;

/// How far a clock may run back without counting as stepped back, in milliseconds.
const STEP_BACK_TOLERANCE_MS: i64 = 1_000;

#[derive(Default)]
pub struct Shell {
    /// The token that is handed out without asking, until `hand_out_until_monotonic_ms`.
    pub token: Option<u32>,
    pub hand_out_until_monotonic_ms: i64,
    /// How long the machine had slept when `hand_out_until_monotonic_ms` was set.
    slept_ms: i64,
    /// The latest reading of the clock.
    pub seen_monotonic_ms: i64,
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
        let monotonic_ms = now.monotonic_ms();
        let until_monotonic_ms = self.hand_out_until_monotonic_ms - (now.slept_ms - self.slept_ms);
        let may_hand_out = monotonic_ms < until_monotonic_ms
            && monotonic_ms >= self.seen_monotonic_ms - STEP_BACK_TOLERANCE_MS;
        self.token.filter(|_| may_hand_out)
    }

    /// Records a reading. Returns whether the clock has stepped back: the token's age is unknown then.
    pub fn sees(&mut self, monotonic_ms: i64) -> bool {
        let stepped_back = monotonic_ms < self.seen_monotonic_ms - STEP_BACK_TOLERANCE_MS;
        if stepped_back {
            self.forget();
            self.seen_monotonic_ms = monotonic_ms;
        }
        self.seen_monotonic_ms = self.seen_monotonic_ms.max(monotonic_ms); // small steps must add up
        stepped_back
    }

    pub fn install(&mut self, (token, issued_ms): (u32, i64), now: Time, hand_out_for_ms: i64) {
        (self.token, self.issued_ms) = (Some(token), issued_ms);
        self.hand_out_for(now, hand_out_for_ms);
    }

    /// Hands out the token for so long, in milliseconds, without asking the lifecycle.
    pub fn hand_out_for(&mut self, now: Time, for_ms: i64) {
        self.hand_out_until_monotonic_ms = now.monotonic_ms() + for_ms;
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
        self.hand_out_until_monotonic_ms = 0;
    }
}
