//! When an exchange may be started, and how many there may be.

use super::Violation;

/// How late a leader may be before somebody else may take its place.
const GRACE_MS: i64 = 250;
const COOL_DOWN_MS: i64 = 30_000;
const LONGEST_COOL_DOWN_MS: i64 = 600_000;

struct UnderWay {
    exchange: u32,
    due_ms: i64,
}

/// Instants are the most that anybody can take for elapsed.
#[derive(Default)]
pub struct Exchanges {
    under_way: Option<UnderWay>,
    started: u32,
    /// Exchanges that failed, brought nothing better, or whose leader has vanished; and resets.
    other_reasons: u32,
    rejections_in_row: u32,
    circuit_until_ms: Option<i64>,
}

impl Exchanges {
    pub fn started(
        &mut self,
        now_ms: i64,
        exchange: u32,
        tokens_used_up: u32,
    ) -> Result<(), Violation> {
        if let Some(under_way) = self.under_way.take() {
            if now_ms < under_way.due_ms {
                return Err(Violation::TwoExchanges);
            }
            self.other_reasons += 1;
        }
        if self.circuit_until_ms.is_some_and(|until| now_ms < until) {
            return Err(Violation::CircuitIgnored);
        }
        self.under_way = Some(UnderWay { exchange, due_ms: now_ms + GRACE_MS });
        self.started += 1;
        let reasons = 1 + tokens_used_up + self.other_reasons; // the first: there is none yet
        if self.started > reasons { Err(Violation::TooManyExchanges) } else { Ok(()) }
    }

    pub fn granted(&mut self, now_ms: i64, exchange: u32, ms: i64) {
        if let Some(under_way) = self.under_way.as_mut().filter(|it| it.exchange == exchange) {
            under_way.due_ms = now_ms + ms + GRACE_MS;
        }
    }

    pub fn succeeded(&mut self, exchange: u32, better: bool) {
        // One whose leader was given up has been counted then.
        if self.ended(exchange) && !better {
            self.other_reasons += 1;
        }
        self.close_circuit();
    }

    pub fn failed(&mut self, now_ms: i64, exchange: u32, keys_rejected: bool) {
        if self.ended(exchange) {
            self.other_reasons += 1;
        }
        if keys_rejected {
            let doublings = self.rejections_in_row.min(10);
            self.rejections_in_row += 1;
            let cool_down_ms = (COOL_DOWN_MS << doublings).min(LONGEST_COOL_DOWN_MS);
            self.circuit_until_ms = Some(now_ms + cool_down_ms);
        } else {
            // A probe that says nothing about the keys: another may follow.
            self.circuit_until_ms = None;
        }
    }

    /// Nothing need be waited for any more: a reason for one exchange.
    pub fn put_right(&mut self) {
        self.close_circuit();
        self.other_reasons += 1;
    }

    fn close_circuit(&mut self) {
        (self.rejections_in_row, self.circuit_until_ms) = (0, None);
    }

    fn ended(&mut self, exchange: u32) -> bool {
        self.under_way.take_if(|under_way| under_way.exchange == exchange).is_some()
    }
}
