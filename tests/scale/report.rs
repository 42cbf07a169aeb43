//! `cargo run --release --example scale [-- --seed S]`: writes the table of `docs/scale.md`. With another
//! seed than the table's, prints it only.
#![allow(missing_docs, reason = "a program for developers")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program for developers"
)]

mod assumptions;
mod chance;
mod fleet;
mod geography;
mod kv;
mod node;
mod object;
mod table;
mod tally;

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::time::Instant;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scale.md");

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let seed = match words.as_slice() {
        [] => table::SEED,
        [name, seed] if name == "--seed" => seed.parse().map_err(|_| usage())?,
        _ => return Err(usage()),
    };
    println!("seed {seed}");
    let begun = Instant::now();
    let mut made = table::HEAD.to_owned();
    print!("{made}");
    for setting in table::settings() {
        let (row, last_failed_ms) = table::row(setting, seed);
        print!("{row}");
        if let Some(ms) = last_failed_ms {
            println!(
                "(the last request failed {:.1} s after the start)",
                chance::real(ms) / 1_000.0
            );
        }
        made.push_str(&row);
    }
    println!("in {:.0} s", begun.elapsed().as_secs_f64());
    if seed == table::SEED { write(&made) } else { Ok(()) }
}

/// Replaces the first table of the document.
fn write(made: &str) -> Result<()> {
    let document = fs::read_to_string(FILE)?;
    let is_row = |line: &&str| line.starts_with('|');
    let (mut before, mut after) = (String::new(), String::new());
    let mut lines = document.split_inclusive('\n');
    before.extend(lines.by_ref().take_while(|line| !is_row(line)));
    after.extend(lines.skip_while(is_row));
    fs::write(FILE, before + made + &after)
}

fn usage() -> Error {
    Error::new(ErrorKind::InvalidInput, "cargo run --release --example scale [-- --seed S]")
}
