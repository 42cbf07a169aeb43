//! The lifecycle's clock: it never runs backwards, and it counts suspensions.

use crate::clock_readings::ClockReadings;

/// How far a clock may run back without counting as stepped back, in milliseconds: small corrections are
/// normal.
pub const STEP_BACK_TOLERANCE_MS: i64 = 1_000;

/// Turns readings of the monotonic clock into the lifecycle time, which never runs backwards. Deadlines
/// are in lifecycle time.
///
/// A suspension stops the monotonic clock and not the wall clock. So the expiry of tokens and the end of
/// cool-downs are in lifecycle time plus [`suspended_ms`](Self::suspended_ms).
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_field_names,
    reason = "the ends of the names tell clocks and durations apart"
)]
pub struct Clock {
    /// Lifecycle time minus reading. It grows when the monotonic clock steps back.
    offset_ms: i64,
    /// The latest lifecycle time.
    latest_at_ms: Option<i64>,
    /// The latest reading since the monotonic clock last stepped back.
    latest_monotonic_ms: Option<i64>,
    /// Wall clock minus monotonic clock, at the last comparison.
    wall_ahead_ms: Option<i64>,
    /// The part of `wall_ahead_ms` that is already counted: the largest value since the wall clock
    /// last stepped back, or since the current token came.
    counted_wall_ahead_ms: Option<i64>,
    suspended_ms: i64,
}

impl Clock {
    /// Compares the two clocks. Returns whether the monotonic clock has stepped back.
    pub fn compare(&mut self, readings: ClockReadings) -> bool {
        let (_, stepped_back) = self.tick(readings.monotonic_ms);
        let wall_ahead_ms = readings.wall_ms - readings.monotonic_ms;
        let counted_ms =
            self.counted_wall_ahead_ms.filter(|_| !stepped_back).unwrap_or(wall_ahead_ms);
        self.suspended_ms += (wall_ahead_ms - counted_ms).max(0);
        // Rounding to milliseconds makes two clocks differ by 1 ms, so small steps do not count.
        let wall_stepped_back = wall_ahead_ms + STEP_BACK_TOLERANCE_MS < counted_ms;
        self.counted_wall_ahead_ms =
            Some(if wall_stepped_back { wall_ahead_ms } else { counted_ms.max(wall_ahead_ms) });
        self.wall_ahead_ms = Some(wall_ahead_ms);
        stepped_back
    }

    /// Returns how much more the wall clock has advanced than the monotonic clock, in milliseconds: the
    /// machine was suspended, or the wall clock was set ahead.
    pub const fn suspended_ms(&self) -> i64 {
        self.suspended_ms
    }

    /// Starts a new token's comparison of the clocks. The token expires at an instant of the wall
    /// clock as it is now, so from here on each advance of the wall clock counts, even if that clock
    /// was set back a little before.
    pub const fn token_installed(&mut self) {
        self.counted_wall_ahead_ms = self.wall_ahead_ms;
    }

    /// Advances to a reading of the monotonic clock. Returns the lifecycle time, and whether the clock
    /// has stepped back from the latest reading.
    pub fn tick(&mut self, monotonic_ms: i64) -> (i64, bool) {
        let now_ms = monotonic_ms + self.offset_ms;
        let latest_at_ms = self.latest_at_ms.unwrap_or(now_ms);
        let stepped_back = self
            .latest_monotonic_ms
            .is_some_and(|latest| monotonic_ms + STEP_BACK_TOLERANCE_MS < latest);
        if stepped_back {
            self.offset_ms += (latest_at_ms - now_ms).max(0);
            self.latest_monotonic_ms = Some(monotonic_ms);
        } else {
            self.observe(monotonic_ms);
        }
        let now_ms = now_ms.max(latest_at_ms);
        self.latest_at_ms = Some(now_ms);
        (now_ms, stepped_back)
    }

    /// Returns how far the lifecycle time is ahead of a reading that was just ticked, in milliseconds.
    /// After a small step back, the lifecycle time does not advance until the reading catches up. That must
    /// not prolong a wait that begins in between.
    pub fn clamped_by_ms(&self, monotonic_ms: i64) -> i64 {
        self.latest_at_ms.map_or(0, |latest| latest - self.unclamped_now_ms(monotonic_ms))
    }

    /// Returns the lifecycle time of a reading that was just ticked, without the clamp that keeps it
    /// from running backwards.
    pub const fn unclamped_now_ms(&self, monotonic_ms: i64) -> i64 {
        monotonic_ms + self.offset_ms
    }

    /// Takes an earlier reading into account. The lifecycle time does not advance: the reading may be
    /// from before a step back that is already known.
    pub fn observe(&mut self, monotonic_ms: i64) {
        self.latest_monotonic_ms = self.latest_monotonic_ms.max(Some(monotonic_ms));
    }
}
