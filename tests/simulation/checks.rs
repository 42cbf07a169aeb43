//! What must hold at every step, kept beside the lifecycle from what the world knows to be true.

use std::collections::HashMap;

/// What did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Violation {
    /// A token was handed out past its dead point.
    DeadToken,
    /// A token was handed out that was known to be rejected.
    RejectedToken,
    /// An exchange was started while another was under way.
    TwoExchanges,
    /// A caller waited past its deadline.
    EndlessWait,
    /// An exchange was started while the circuit was open.
    CircuitIgnored,
    /// More exchanges were made than tokens were used up and failures seen.
    TooManyExchanges,
    /// A caller's leaving made a difference to another.
    LeavingShows,
}

/// How late a caller may be told that its deadline has passed: its timer counts whole milliseconds.
pub const GRACE_MS: i64 = 2;

struct Token {
    dead_ms: i64,
    /// Before this there is no reason to replace it.
    earliest_soft_ms: i64,
    rejected: bool,
    replaced: bool,
}

/// Times are the true ones, but those of the circuit: its cool-down ends sooner when the clock
/// jumps ahead, and so these are true times plus all jumps ahead.
#[derive(Default)]
pub struct Checks {
    tokens: HashMap<u32, Token>,
    under_way: Option<u32>,
    starts: u32,
    allowed: u32,
    rejections_in_row: u32,
    circuit_until_ms: Option<i64>,
}

impl Checks {
    pub fn new() -> Self {
        Self { allowed: 1, ..Self::default() }
    }

    pub fn started(&mut self, own_ms: i64, exchange: u32) -> Result<(), Violation> {
        if self.under_way.is_some() {
            return Err(Violation::TwoExchanges);
        }
        if self.circuit_until_ms.is_some_and(|until| own_ms < until) {
            return Err(Violation::CircuitIgnored);
        }
        self.under_way = Some(exchange);
        self.starts += 1;
        if self.starts > self.allowed { Err(Violation::TooManyExchanges) } else { Ok(()) }
    }

    /// The leader is gone, or is taken to be: the next exchange is no second one.
    pub fn abandoned(&mut self) {
        if self.under_way.take().is_some() {
            self.allowed += 1;
        }
    }

    pub fn issued(
        &mut self,
        exchange: u32,
        token: Option<u32>,
        life: (i64, i64),
        refresh_ahead: f64,
    ) {
        let (from_ms, end_ms) = life;
        self.ended(exchange);
        (self.rejections_in_row, self.circuit_until_ms) = (0, None);
        let Some(token) = token else { return };
        let lifetime_ms = end_ms - from_ms;
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small")]
        let ahead_ms = (lifetime_ms as f64 * refresh_ahead * 1.5).ceil() as i64;
        let hard_ms = end_ms - 30_000.min(lifetime_ms / 20);
        self.tokens.insert(
            token,
            Token {
                dead_ms: end_ms - 2_000.min(lifetime_ms / 50),
                earliest_soft_ms: (end_ms - ahead_ms - 1).min(hard_ms),
                rejected: false,
                replaced: false,
            },
        );
    }

    pub fn failed(&mut self, own_ms: i64, exchange: u32, keys_rejected: bool) {
        self.ended(exchange);
        self.allowed += 1;
        if keys_rejected {
            self.rejections_in_row += 1;
            let doublings = (self.rejections_in_row - 1).min(10);
            self.circuit_until_ms = Some(own_ms + (30_000 << doublings).min(600_000));
        } else {
            self.circuit_until_ms = None;
        }
    }

    /// Somebody has said that the keys were put right.
    pub fn reset(&mut self) {
        (self.rejections_in_row, self.circuit_until_ms) = (0, None);
    }

    pub fn rejected(&mut self, token: u32) {
        if let Some(token) = self.tokens.get_mut(&token) {
            token.rejected = true;
        }
        self.used_up(token);
    }

    /// The clock has jumped: every token may be replaced, since nobody can tell how old it is.
    pub fn jumped(&mut self) {
        let all: Vec<u32> = self.tokens.keys().copied().collect();
        for token in all {
            self.used_up(token);
        }
    }

    /// Tokens whose end is near may be replaced.
    pub fn passed(&mut self, now_ms: i64) {
        let old = |token: &Token| token.earliest_soft_ms <= now_ms;
        let old: Vec<u32> = self.tokens.iter().filter(|(_, t)| old(t)).map(|(id, _)| *id).collect();
        for token in old {
            self.used_up(token);
        }
    }

    pub fn handed_out(&self, now_ms: i64, token: u32) -> Result<(), Violation> {
        match self.tokens.get(&token) {
            Some(token) if token.rejected => Err(Violation::RejectedToken),
            Some(token) if now_ms < token.dead_ms => Ok(()),
            _ => Err(Violation::DeadToken),
        }
    }

    /// One that was taken to be abandoned may still be answered, after another has begun.
    fn ended(&mut self, exchange: u32) {
        if self.under_way == Some(exchange) {
            self.under_way = None;
        }
    }

    fn used_up(&mut self, token: u32) {
        if let Some(token) = self.tokens.get_mut(&token).filter(|token| !token.replaced) {
            token.replaced = true;
            self.allowed += 1;
        }
    }
}
