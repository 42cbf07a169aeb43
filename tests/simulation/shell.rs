//! What the package's own shell keeps beside the lifecycle, so that it need not ask each time.

/// A step back of more than this is one.
const STEP_MS: i64 = 1_000;

#[derive(Default)]
pub struct Shell {
    /// The token at hand, and until when it is handed out without asking.
    pub token: Option<u32>,
    pub fresh_until_ms: i64,
    /// The latest reading of the clock.
    pub seen_ms: i64,
    /// The exchange whose end is waited for.
    pub slot: Option<u32>,
}

impl Shell {
    /// The token that is handed out without asking the lifecycle.
    pub fn at_hand(&self, reading_ms: i64) -> Option<u32> {
        let fresh = reading_ms < self.fresh_until_ms && reading_ms >= self.seen_ms - STEP_MS;
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

    pub fn install(&mut self, token: u32, reading_ms: i64, fresh_for_ms: i64) {
        self.token = Some(token);
        self.fresh_until_ms = reading_ms + fresh_for_ms;
        // What was read before the token came says nothing about its age.
        self.seen_ms = reading_ms;
    }

    pub fn forget(&mut self) {
        self.token = None;
        self.fresh_until_ms = 0;
    }
}
