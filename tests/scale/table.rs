//! The table of `docs/scale.md`, with one row for each setting.

use crate::assumptions::{BETWEEN_REQUESTS_MS, HOUR_MS, WATCHED_MS};
use crate::chance::real;
use crate::fleet::{Setting, Store, watch};

/// The seed of the table in the document.
pub const SEED: u64 = 7;

pub const HEAD: &str = "\
| token's life | isolates | places | store | exchanges an hour | busiest minute, start | \
busiest minute, later | wait | wait for an exchange | fail | wait, median | wait, p99 |
|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// Returns the settings in the order of the table's rows.
pub fn settings() -> impl Iterator<Item = Setting> {
    [HOUR_MS, 24 * HOUR_MS].into_iter().flat_map(|lifetime_ms| {
        [1, 10, 100, 1_000, 10_000, 100_000].into_iter().flat_map(move |isolates| {
            [Store::None, Store::Kv, Store::Object].into_iter().map(move |store| Setting {
                isolates,
                store,
                lifetime_ms,
            })
        })
    })
}

/// Returns a row, and when the last request failed, if one did.
pub fn row(setting: Setting, seed: u64) -> (String, Option<i64>) {
    let tally = watch(setting, seed);
    let isolates = i64::try_from(setting.isolates).unwrap_or(i64::MAX);
    let requests = real(isolates * (WATCHED_MS / BETWEEN_REQUESTS_MS));
    let of_a_million = |count: usize| {
        figure(real(i64::try_from(count).unwrap_or(i64::MAX)) / requests * 1_000_000.0)
    };
    let wait = |of_100| {
        tally
            .percentile(of_100)
            .map_or("–".to_owned(), |ms| format!("{} ms", grouped(&ms.to_string())))
    };
    let store = match setting.store {
        Store::None => "none",
        Store::Kv => "KV",
        Store::Object => "Durable Object",
    };
    let cells = [
        format!("{} h", setting.lifetime_ms / HOUR_MS),
        grouped(&isolates.to_string()),
        setting.places().to_string(),
        store.to_owned(),
        figure(tally.an_hour_after()),
        grouped(&tally.busiest_minute_of_the_start().to_string()),
        grouped(&tally.busiest_minute_after().to_string()),
        of_a_million(tally.waited()),
        of_a_million(tally.waited_for_exchange),
        of_a_million(tally.failed),
        wait(50),
        wait(99),
    ];
    (format!("| {} |\n", cells.join(" | ")), (tally.failed > 0).then_some(tally.last_failed_ms))
}

/// Formats a number. Small ones have one or two decimals.
fn figure(number: f64) -> String {
    if number == 0.0 {
        "0".to_owned()
    } else if number < 0.005 {
        "< 0.01".to_owned()
    } else if number < 0.1 {
        format!("{number:.2}")
    } else if number < 10.0 {
        format!("{number:.1}")
    } else {
        grouped(&format!("{number:.0}"))
    }
}

/// Separates thousands with commas.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
