//! The invariants of exchanges: when one may start, and when and how often the service may be asked.

use super::{LATE_MS, Time, Violation};

/// How late a leader's report may be before another leader takes over, in milliseconds.
const LEADER_GRACE_MS: i64 = 250;
const COOL_DOWN_MS: i64 = 30_000;
const LONGEST_COOL_DOWN_MS: i64 = 600_000;
/// How long any failure is remembered at least while there is no token, in milliseconds.
const MIN_REMEMBERED_MS: i64 = 1_000;
/// The store's timeout, and the shortest time between two reads while a failure is remembered, in
/// milliseconds.
const STORE_MS: i64 = 1_000;

/// The kind of a failed exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    KeysRejected,
    AtCoordinator,
    WithToken,
    WithoutToken,
}

struct UnderWay {
    exchange: u32,
    due_ms: i64,
    /// True if the service has been asked.
    counted: bool,
}

/// A time in which the service must not be asked.
struct Quiet {
    since: Time,
    until_ms: i64,
}

/// Instants are the most time that can seem elapsed. Those of leaders are on the monotonic clock.
#[derive(Default)]
pub struct Exchanges {
    under_way: Option<UnderWay>,
    /// The exchanges that have asked the service, or got a token from the store.
    made: u32,
    /// The exchanges that failed, brought no better token or lost their leader, and the resets.
    other_reasons: u32,
    rejections_in_row: u32,
    quiet: Option<Quiet>,
    /// The last start of an exchange that may only read the store.
    store_only_ms: Option<i64>,
}

impl Exchanges {
    pub fn started(&mut self, now: Time, exchange: u32, has_store: bool) -> Result<(), Violation> {
        let now_ms = now.most_ms();
        if let Some(under_way) = self.under_way.take() {
            if now_ms < under_way.due_ms {
                return Err(Violation::TwoExchanges);
            }
            self.other_reasons += u32::from(under_way.counted);
        }
        self.under_way =
            Some(UnderWay { exchange, due_ms: now_ms + LEADER_GRACE_MS, counted: false });
        if has_store && self.is_quiet(now) {
            let last_ms = self.store_only_ms.replace(now.aged_ms());
            if last_ms.is_some_and(|last_ms| now.aged_ms() < last_ms + STORE_MS) {
                return Err(Violation::StoreHurried);
            }
        }
        Ok(())
    }

    pub fn attempts(
        &mut self,
        now: Time,
        exchange: u32,
        tokens_used_up: u32,
    ) -> Result<(), Violation> {
        if self.is_quiet(now) {
            return Err(Violation::CircuitIgnored);
        }
        match self.under_way.as_mut().filter(|it| it.exchange == exchange && !it.counted) {
            Some(first) => {
                first.counted = true;
                self.makes(tokens_used_up)
            }
            None => Ok(()),
        }
    }

    pub fn granted(&mut self, now_ms: i64, exchange: u32, ms: i64) {
        if let Some(under_way) = self.under_way.as_mut().filter(|it| it.exchange == exchange) {
            under_way.due_ms = now_ms + ms + LEADER_GRACE_MS;
        }
    }

    pub fn succeeded(&mut self, exchange: u32, better: bool) {
        // An exchange whose leader was given up was counted then.
        if self.ended(exchange) && !better {
            self.other_reasons += 1;
        }
        self.close_circuit();
    }

    pub fn store_hit(&mut self, exchange: u32, tokens_used_up: u32) -> Result<(), Violation> {
        self.ended(exchange);
        self.makes(tokens_used_up)
    }

    pub fn failed(&mut self, time: Time, exchange: u32, failure: Failure) {
        if self.ended(exchange) {
            self.other_reasons += 1;
        }
        let told_ms = match failure {
            Failure::KeysRejected => {
                let doublings = self.rejections_in_row.min(10);
                self.rejections_in_row += 1;
                (COOL_DOWN_MS << doublings).min(LONGEST_COOL_DOWN_MS)
            }
            Failure::AtCoordinator | Failure::WithoutToken => MIN_REMEMBERED_MS,
            // A probe that neither accepts nor rejects the keys: another one may follow.
            Failure::WithToken => 0,
        };
        self.quiet = Some(Quiet { since: time, until_ms: time.aged_ms() + told_ms });
    }

    /// Ends all cool-downs. That explains one exchange.
    pub fn put_right(&mut self) {
        self.close_circuit();
        self.other_reasons += 1;
    }

    pub fn has_asked(&mut self, exchange: u32) {
        self.ended(exchange);
    }

    /// Checks a caller's wait while the circuit is open. A step back of the clock has hidden `hidden_ms`.
    pub fn waited(&self, began: Time, now: Time, hidden_ms: i64) -> Result<(), Violation> {
        let Some(quiet) = &self.quiet else {
            return Ok(());
        };
        let throughout = quiet.since.ms < began.ms && now.aged_ms() < quiet.until_ms;
        // The reader of the store may have begun just before it would have been given up.
        let most_ms = 2 * (STORE_MS + LEADER_GRACE_MS + LATE_MS) + hidden_ms;
        let late = throughout && now.ms > began.ms + most_ms;
        if late { Err(Violation::HeldUp) } else { Ok(()) }
    }

    fn is_quiet(&self, now: Time) -> bool {
        self.quiet.as_ref().is_some_and(|quiet| now.aged_ms() < quiet.until_ms)
    }

    fn makes(&mut self, tokens_used_up: u32) -> Result<(), Violation> {
        self.made += 1;
        let reasons = 1 + tokens_used_up + self.other_reasons; // 1 for the first token
        if self.made > reasons { Err(Violation::TooManyExchanges) } else { Ok(()) }
    }

    fn close_circuit(&mut self) {
        (self.rejections_in_row, self.quiet, self.store_only_ms) = (0, None, None);
    }

    fn ended(&mut self, exchange: u32) -> bool {
        self.under_way.take_if(|under_way| under_way.exchange == exchange).is_some()
    }
}
