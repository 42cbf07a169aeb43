//! `cargo run --release --example simulate -- SCHEDULES [FIRST_SEED]`: as many schedules as there
//! is time for. Each one is replayed by its seed alone.
#![allow(missing_docs, reason = "a program for developers")]
#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "a program for developers")]

mod checks;
mod machine;
mod schedule;
mod verdict;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use pay4power_auth::lifecycle::Lifecycle;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(count)), first) = (numbers.next(), numbers.next()) else {
        println!("cargo run --release --example simulate -- SCHEDULES [FIRST_SEED]");
        return ExitCode::FAILURE;
    };
    let first = match first {
        Some(Ok(seed)) => seed,
        _ => fastrand::u64(..) >> 1,
    };
    println!("{count} schedules from seed {first}");
    let begun = Instant::now();
    for seed in first..first.saturating_add(count) {
        if let Err(violation) = verdict::judge(|s| Lifecycle::new(s.policy), seed) {
            println!("{violation:?}; replay: cargo run --example simulate -- 1 {seed}");
            return ExitCode::FAILURE;
        }
    }
    println!("held, in {:.1} s", begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}
