//! A time line that never runs backwards, made of a clock that may.

/// A step back of more than this is one; a smaller one is the clock being trimmed.
pub const STEP_MS: i64 = 1_000;

/// Turns readings of a clock into the lifecycle's own time, which is what all its instants are in.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: i64,
    /// The latest own time.
    latest: Option<i64>,
    /// The latest reading since the clock last stepped back.
    seen: Option<i64>,
}

impl Clock {
    /// The own time of a reading, and whether the clock has stepped back since the latest one.
    pub fn tick(&mut self, reading_ms: i64) -> (i64, bool) {
        let now = reading_ms + self.offset_ms;
        let latest = self.latest.unwrap_or(now);
        let stepped_back = self.seen.is_some_and(|seen| reading_ms + STEP_MS < seen);
        if stepped_back {
            self.offset_ms += (latest - now).max(0);
            self.seen = Some(reading_ms);
        } else {
            self.note(reading_ms);
        }
        let now = now.max(latest);
        self.latest = Some(now);
        (now, stepped_back)
    }

    /// How much the own time is ahead of a reading that was just ticked: after a small step back
    /// the own time stands still until the clock is there again. What begins meanwhile must not
    /// last longer for it.
    pub fn standstill_ms(&self, reading_ms: i64) -> i64 {
        self.latest.map_or(0, |latest| latest - reading_ms - self.offset_ms)
    }

    /// Takes note of an earlier reading. It does not move the own time: it may be from before a
    /// step that is known by now.
    pub fn note(&mut self, reading_ms: i64) {
        self.seen = self.seen.max(Some(reading_ms));
    }
}
