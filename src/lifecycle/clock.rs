//! A time line that never runs backwards, made of a clock that may, and the time that this clock has
//! missed.

use crate::moment::Moment;

/// A step back of more than this is one; a smaller one is the clock being trimmed.
pub const STEP_MS: i64 = 1_000;

/// Turns readings of the steady clock into the lifecycle's own time. Deadlines are in that time.
///
/// A suspension stops the steady clock, and not the wall clock. So tokens and cool-downs are in the own time
/// with the [missed](Self::missed_ms) time added: they age by whichever clock advances more.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: i64,
    /// The latest own time.
    latest: Option<i64>,
    /// The latest reading since the clock last stepped back.
    seen: Option<i64>,
    /// How far the wall clock is ahead of the steady one, as the two were last read.
    lead_ms: Option<i64>,
    /// The largest lead since the wall clock last stepped back, or since a token came.
    counted_lead_ms: Option<i64>,
    missed_ms: i64,
}

impl Clock {
    /// Compares the two clocks at a moment. Whether the steady one has stepped back.
    pub fn compare(&mut self, now: Moment) -> bool {
        let (_, stepped_back) = self.tick(now.steady_ms);
        let lead_ms = now.wall_ms - now.steady_ms;
        let counted_ms = self.counted_lead_ms.filter(|_| !stepped_back).unwrap_or(lead_ms);
        self.missed_ms += (lead_ms - counted_ms).max(0);
        // Two clocks that are read to the millisecond differ by one: only larger steps back are steps.
        let wall_stepped_back = lead_ms + STEP_MS < counted_ms;
        self.counted_lead_ms =
            Some(if wall_stepped_back { lead_ms } else { counted_ms.max(lead_ms) });
        self.lead_ms = Some(lead_ms);
        stepped_back
    }

    /// How much time the steady clock has missed so far, as the wall clock shows it: while the
    /// machine slept, or what the wall clock was put ahead by.
    pub const fn missed_ms(&self) -> i64 {
        self.missed_ms
    }

    /// A token has come. From here on the wall clock counts in full, also what it has stepped back by
    /// a little before: its end is an instant of the wall clock as it is now.
    pub const fn token_comes(&mut self) {
        self.counted_lead_ms = self.lead_ms;
    }

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
        self.latest.map_or(0, |latest| latest - self.own_ms(reading_ms))
    }

    /// The own time of a reading that was just ticked, before it is held back from running backwards.
    pub const fn own_ms(&self, reading_ms: i64) -> i64 {
        reading_ms + self.offset_ms
    }

    /// Takes note of an earlier reading. It does not move the own time: it may be from before a
    /// step that is known by now.
    pub fn note(&mut self, reading_ms: i64) {
        self.seen = self.seen.max(Some(reading_ms));
    }
}
