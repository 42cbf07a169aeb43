//! `cargo run --release --example simulate -- --schedules N [--seed S]`: runs N schedules. The seed of a
//! schedule is enough to replay it.
#![allow(missing_docs, reason = "a program for developers")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program for developers"
)]

mod checks;
mod draw;
mod lifecycle;
mod schedule;
mod service;
mod shell;
mod store;
mod verdict;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use pay4power_auth::lifecycle::Lifecycle;

fn main() -> ExitCode {
    let Some((count, seed)) = arguments() else {
        println!("cargo run --release --example simulate -- --schedules N [--seed S]");
        return ExitCode::FAILURE;
    };
    let first = seed.unwrap_or_else(|| fastrand::u64(..1 << 48));
    println!("{count} schedules from seed {first}");
    let begun = Instant::now();
    for seed in first..first.saturating_add(count) {
        if let Err(violation) = verdict::judge(|s| Lifecycle::new(s.policy), seed) {
            println!("{violation:?}; {}", verdict::replay(seed));
            return ExitCode::FAILURE;
        }
    }
    println!("all held, in {:.1} s", begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// Returns the number of schedules, and the seed of the first.
fn arguments() -> Option<(u64, Option<u64>)> {
    let (mut count, mut seed) = (None, None);
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let number = words.next()?.parse().ok()?;
        match name.as_str() {
            "--schedules" => count = Some(number),
            "--seed" => seed = Some(number),
            _ => return None,
        }
    }
    Some((count?, seed))
}
