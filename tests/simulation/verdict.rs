//! The verdict on a lifecycle under one schedule.

use crate::checks::Violation;
use crate::lifecycle::SimulatedLifecycle;
use crate::schedule::Schedule;
use crate::world::{Ended, run};

/// Runs the schedule of a seed. Every eighth time, also runs it with and without the callers that leave:
/// the other callers' results must be the same.
pub fn judge<M: SimulatedLifecycle>(
    new: impl Fn(&Schedule) -> M,
    seed: u64,
) -> Result<(), Violation> {
    let schedule = Schedule::draw(seed);
    run(new(&schedule), &schedule)?;
    if seed.is_multiple_of(8) {
        let leaving = schedule.monotonic();
        let staying = leaving.clone().patient();
        let with = run(new(&leaving), &leaving)?;
        let without = run(new(&staying), &staying)?;
        let differs = |(with, without): (&Vec<Ended>, &Vec<Ended>)| {
            with.last() != Some(&Ended::Left) && with != without
        };
        if with.iter().zip(&without).any(differs) {
            return Err(Violation::LeavingShows);
        }
    }
    Ok(())
}

/// Returns the command that replays this schedule.
pub fn replay(seed: u64) -> String {
    format!("replay: cargo run --release --example simulate -- --schedules 1 --seed {seed}")
}
