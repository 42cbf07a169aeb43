//! Readings of a machine's two clocks, and the time between two of them.
//!
//! In the lifecycle, the name of an instant says by which clock it is: [`crate::lifecycle`] has the
//! table. `retry.rs` counts by the monotonic clock, too. Elsewhere in the core, an instant `…_at_ms` is in
//! epoch milliseconds.

/// Both clocks, read at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReadings {
    /// The wall clock, in epoch milliseconds. It can be set ahead or back at any time.
    pub wall_ms: i64,
    /// The monotonic clock, in milliseconds. It stops while the machine is suspended. On a
    /// runtime without one, this is the wall clock.
    pub monotonic_ms: i64,
}

impl ClockReadings {
    /// Returns the milliseconds since `earlier`, by the clock that advanced more. Never negative.
    ///
    /// A suspension stops only the monotonic clock, and only the wall clock can be set back. So the
    /// larger advance is too short only if both clocks are wrong.
    pub fn elapsed_since_ms(self, earlier: Self) -> i64 {
        let by_wall_ms = self.wall_ms.saturating_sub(earlier.wall_ms);
        let by_monotonic_ms = self.monotonic_ms.saturating_sub(earlier.monotonic_ms);
        by_wall_ms.max(by_monotonic_ms).max(0)
    }
}
