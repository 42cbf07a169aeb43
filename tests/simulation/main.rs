//! The lifecycle in a virtual world, under random schedules from a seed.
#![allow(missing_docs, reason = "tests are named for what they show")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod checks;
mod machine;
mod mutations;
mod schedule;
mod verdict;
mod world;

use checks::Violation;
use mutations::{Mutant, Mutation};
use pay4power_auth::lifecycle::Lifecycle;
use verdict::judge;

/// Enough for every mutation to be caught many times over.
const QUICK: u64 = 4_000;

#[test]
fn the_lifecycle_holds() {
    for seed in 0..QUICK {
        let verdict = judge(|schedule| Lifecycle::new(schedule.policy), seed);
        assert_eq!(verdict, Ok(()), "replay: cargo run --example simulate -- 1 {seed}");
    }
}

#[test]
fn every_check_can_fail() {
    for mutation in Mutation::ALL {
        let mutant =
            |schedule: &schedule::Schedule| Mutant::new(Lifecycle::new(schedule.policy), mutation);
        let by = match mutation {
            Mutation::HandsOutTheDead | Mutation::TrustsTheClock => Violation::DeadToken,
            Mutation::HandsOutTheRejected => Violation::RejectedToken,
            Mutation::ExchangesTwice => Violation::TwoExchanges,
            Mutation::WaitsForEver => Violation::EndlessWait,
            Mutation::IgnoresTheCircuit => Violation::CircuitIgnored,
            Mutation::WastesTokens => Violation::TooManyExchanges,
            Mutation::LeavesWithTheCaller => Violation::LeavingShows,
        };
        let caught = (0..QUICK).any(|seed| judge(mutant, seed) == Err(by));
        assert!(caught, "{mutation:?} was not caught as {by:?}");
    }
}
