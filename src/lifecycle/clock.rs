//! A time line that never runs backwards, made of a clock that may.

/// A step back of more than this is one; a smaller one is the clock being trimmed.
pub const STEP_MS: i64 = 1_000;

/// Turns readings of a clock into the lifecycle's own time, which is what all its instants are in.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: i64,
    latest_ms: Option<i64>,
}

impl Clock {
    /// The own time of a reading, and whether the clock has stepped back since the latest one.
    pub fn tick(&mut self, reading_ms: i64) -> (i64, bool) {
        let now = reading_ms + self.offset_ms;
        let latest = self.latest_ms.unwrap_or(now);
        let stepped_back = now + STEP_MS < latest;
        if stepped_back {
            self.offset_ms += latest - now;
        }
        let now = now.max(latest);
        self.latest_ms = Some(now);
        (now, stepped_back)
    }

    /// Takes note of an earlier reading.
    pub fn note(&mut self, reading_ms: i64) {
        let then = reading_ms + self.offset_ms;
        self.latest_ms = Some(self.latest_ms.map_or(then, |latest| latest.max(then)));
    }
}
