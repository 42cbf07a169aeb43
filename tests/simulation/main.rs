//! The lifecycle in a virtual world, under random schedules from a seed.
#![allow(missing_docs, reason = "the names of tests say what they check")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod checks;
mod draw;
mod lifecycle;
mod mutations;
mod schedule;
mod service;
mod shell;
mod store;
mod verdict;
mod world;

use std::collections::BTreeMap;

use checks::Violation;
use mutations::{Mutant, Mutation};
use pay4power_auth::lifecycle::Lifecycle;
use schedule::Schedule;
use verdict::judge;
use world::run;

/// The number of schedules: enough to catch every mutation many times.
const QUICK: u64 = 13_000;

#[test]
fn the_lifecycle_holds() {
    // One half is the same each time, the other half is new.
    let first = fastrand::u64(QUICK..1 << 48);
    for seed in (0..QUICK / 2).chain(first..first + QUICK / 2) {
        let verdict = judge(|schedule| Lifecycle::new(schedule.policy), seed);
        assert_eq!(verdict, Ok(()), "{}", verdict::replay(seed));
    }
}

#[test]
fn a_seed_is_enough_to_replay_a_schedule() {
    for seed in 0..100 {
        let once = || {
            let schedule = Schedule::draw(seed);
            run(Lifecycle::new(schedule.policy), &schedule)
        };
        assert_eq!(once(), once(), "{}", verdict::replay(seed));
    }
}

#[test]
fn every_check_can_fail() {
    for (mutation, by) in Mutation::ALL {
        let mutant = |schedule: &Schedule| Mutant::new(schedule.policy, mutation);
        let mut caught: BTreeMap<Violation, u32> = BTreeMap::new();
        let violations = (0..QUICK / 4).filter_map(|seed| judge(mutant, seed).err());
        for violation in violations.take(50) {
            *caught.entry(violation).or_default() += 1;
        }
        let mostly =
            caught.iter().max_by_key(|(_, times)| **times).map(|(violation, _)| *violation);
        assert_eq!(mostly, Some(by), "{mutation:?} is caught as {caught:?}");
    }
}
