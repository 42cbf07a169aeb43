//! The invariants of tokens: which may be handed out, and which are used up.

use super::{Time, Violation};
use crate::lifecycle::Life;

/// A step back of more than this is detectable, in milliseconds.
const STEP_BACK_TOLERANCE_MS: i64 = 1_000;

/// A token when it comes. `issued_ms`, when the service issued it, identifies it.
#[derive(Clone, Copy)]
pub struct Arrival {
    pub issued_ms: i64,
    pub life: Life,
    /// How early its refresh is due: the policy's `refresh_ahead`, and the jitter.
    pub early: (f64, f64),
}

/// A step back of the clock since a token came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StepBack {
    No,
    /// A step back from a reading that is older than the token: the token may be dropped, or kept.
    Perhaps,
    Yes,
}

struct Token {
    issued_ms: i64,
    came: Time,
    /// The age at its dead point, in milliseconds.
    dead_after_ms: i64,
    /// The age before which an exchange must not replace it, in milliseconds.
    refresh_after_ms: i64,
    due_after_ms: i64,
    /// The latest reading of the clock since it came.
    seen_monotonic_ms: i64,
    stepped_back: StepBack,
    rejected: bool,
    counted: bool,
}

/// All tokens, by number, from 1.
#[derive(Default)]
pub struct Tokens {
    all: Vec<Token>,
    used_up: u32,
    seen_monotonic_ms: i64,
}

impl Tokens {
    pub fn read(&mut self, monotonic_ms: i64) {
        if monotonic_ms + STEP_BACK_TOLERANCE_MS < self.seen_monotonic_ms {
            self.seen_monotonic_ms = monotonic_ms;
            self.count(|_| true);
            if let Some(token) = self.all.last_mut() {
                token.stepped_back = token.stepped_back.max(StepBack::Perhaps);
            }
        }
        self.seen_monotonic_ms = self.seen_monotonic_ms.max(monotonic_ms);
        if let Some(token) = self.all.last_mut() {
            if monotonic_ms + STEP_BACK_TOLERANCE_MS < token.seen_monotonic_ms {
                token.stepped_back = StepBack::Yes;
            }
            token.seen_monotonic_ms = token.seen_monotonic_ms.max(monotonic_ms);
        }
    }

    /// Records a token from the store, and checks that the one before does not expire later. A dead
    /// token is a violation only once it is handed out.
    pub fn store_hit(&mut self, now: Time, token: u32, arrival: Arrival) -> Result<(), Violation> {
        let rejected = self.all.iter().any(|it| it.issued_ms == arrival.issued_ms && it.rejected);
        let left_ms = self.all.last().map_or(0, |old| {
            let good = !old.rejected && old.stepped_back == StepBack::No;
            if good { old.dead_after_ms - (now.aged_ms() - old.came.aged_ms()) } else { 0 }
        });
        self.issued(now, token, arrival);
        let ends_later = |new: &&mut Token| new.dead_after_ms <= 0 || new.dead_after_ms >= left_ms;
        let new = self.all.last_mut().filter(ends_later).ok_or(Violation::EndsSooner)?;
        new.rejected = rejected;
        // If its refresh is due when it comes, an exchange may follow at once: the service is asked.
        new.refresh_after_ms = new.due_after_ms;
        Ok(())
    }

    pub fn issued(&mut self, came: Time, token: u32, arrival: Arrival) {
        let Arrival { issued_ms, life: Life { left_ms, whole_ms }, early: (ahead, jitter) } =
            arrival;
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small")]
        let share = |of_ms: i64, share: f64| (of_ms as f64 * share).floor() as i64;
        let window_ms = share(whole_ms, ahead);
        let earlier_ms = share(window_ms.min(whole_ms - window_ms) / 2, jitter);
        let wait_after_ms = left_ms - 30_000.min(whole_ms / 20);
        let dead_after_ms = left_ms - 2_000.min(whole_ms / 50);
        let refresh_after_ms = (left_ms - window_ms - earlier_ms).min(wait_after_ms);
        // A token whose refresh is due when it comes explains no exchange at once, unless it is dead.
        let backoff_ms = 5_000.min(whole_ms / 10).min(dead_after_ms);
        self.all.push(Token {
            issued_ms,
            came,
            dead_after_ms,
            due_after_ms: refresh_after_ms,
            refresh_after_ms: if refresh_after_ms <= 0 { backoff_ms } else { refresh_after_ms },
            seen_monotonic_ms: came.monotonic_ms(),
            stepped_back: StepBack::No,
            rejected: false,
            counted: false,
        });
        assert_eq!(self.all.len(), token as usize, "tokens are numbered one by one");
    }

    pub fn rejected(&mut self, token: u32) {
        let Some(token) = self.all.get_mut(token as usize - 1) else {
            return;
        };
        token.rejected = true;
        let issued_ms = token.issued_ms;
        let same = self.all.iter_mut().filter(|it| it.issued_ms == issued_ms);
        same.for_each(|it| it.rejected = true);
    }

    /// Returns how many tokens were used up so far. Each explains one exchange.
    pub fn used_up(&mut self, now: Time) -> u32 {
        self.count(|token| {
            let age_ms = now.aged_ms() - token.came.aged_ms();
            token.rejected
                || token.stepped_back == StepBack::Yes
                || age_ms >= token.refresh_after_ms
        });
        self.used_up
    }

    pub fn handed_out(&self, now: Time, token: u32) -> Result<(), Violation> {
        let Some(token) = self.all.get(token as usize - 1) else {
            return Err(Violation::DeadToken);
        };
        if token.rejected {
            return Err(Violation::RejectedToken);
        }
        // In true time, without the time that an undetectable step back has hidden.
        let hidden_ms = now.back_ms - token.came.back_ms;
        let dead = now.true_ms() - token.came.true_ms() >= token.dead_after_ms + hidden_ms;
        if dead || token.stepped_back == StepBack::Yes { Err(Violation::DeadToken) } else { Ok(()) }
    }

    fn count(&mut self, used_up: impl Fn(&Token) -> bool) {
        // Only the newest token is handed out.
        if let Some(token) = self.all.last_mut().filter(|token| !token.counted && used_up(token)) {
            token.counted = true;
            self.used_up += 1;
        }
    }
}
