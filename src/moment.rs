//! Moments, as the two clocks of a machine show them, and the time between two moments.

/// What both clocks show at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock, in epoch milliseconds. It can be put ahead or back at any time.
    pub wall_ms: i64,
    /// The monotonic clock, in milliseconds. It stands still while the machine is suspended. Where
    /// there is none, this is the wall clock as well.
    pub steady_ms: i64,
}

impl Moment {
    /// How much time has passed since `earlier`, by whichever clock advanced more. Never negative.
    ///
    /// A suspension stops the monotonic clock only, and a step back shows on the wall clock only. So
    /// the larger advance is never too little, unless both clocks are wrong.
    pub fn since_ms(self, earlier: Self) -> i64 {
        let wall_ms = self.wall_ms.saturating_sub(earlier.wall_ms);
        let steady_ms = self.steady_ms.saturating_sub(earlier.steady_ms);
        wall_ms.max(steady_ms).max(0)
    }
}
