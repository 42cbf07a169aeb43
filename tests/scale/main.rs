//! The model behind `docs/scale.md`, and a check that the document has its results.
#![allow(missing_docs, reason = "the names of tests say what they check")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod assumptions;
mod chance;
mod fleet;
mod geography;
mod kv;
mod node;
mod object;
mod table;
mod tally;

use assumptions::{
    HOUR_MS, KV_BETWEEN_WRITES_MS, KV_CACHED_MS, OBJECT_QUEUE_MS, OBJECT_WORK_MS, SECOND_MS,
    client_policy,
};
use fleet::{Setting, Store, watch};
use geography::{SERVICE, round_trip_ms};
use kv::{Kv, Token};
use object::Turns;

const DOCUMENT: &str = include_str!("../../docs/scale.md");

fn hundred(store: Store) -> Setting {
    Setting { isolates: 100, store, lifetime_ms: HOUR_MS }
}

/// Only small fleets: the larger ones take a minute or two.
#[test]
fn the_document_has_the_rows_that_the_model_makes() {
    let (_, rows) = DOCUMENT.split_once(table::HEAD).expect("the table's head");
    let rows = rows.lines().take_while(|line| line.starts_with('|')).count();
    assert_eq!(rows, table::settings().count());
    for setting in table::settings().filter(|setting| setting.isolates <= 100) {
        let (row, _) = table::row(setting, table::SEED);
        assert!(DOCUMENT.contains(&row), "cargo run --release --example scale: {row}");
    }
    assert!(DOCUMENT.contains(&format!("seed {}", table::SEED)));
}

#[test]
fn a_seed_is_enough_to_watch_the_same_again() {
    assert_eq!(watch(hundred(Store::Kv), 1), watch(hundred(Store::Kv), 1));
    assert_ne!(watch(hundred(Store::Kv), 1), watch(hundred(Store::Kv), 2));
}

#[test]
fn without_a_store_every_isolate_exchanges_for_itself() {
    let tally = watch(hundred(Store::None), 1);
    assert!(tally.busiest_minute_of_the_start() > 90);
    assert_eq!(tally.waited(), tally.waited_for_exchange);
}

#[test]
fn with_the_object_there_is_one_exchange_at_the_start_and_one_for_each_token() {
    let tally = watch(hundred(Store::Object), 1);
    let busiest = (tally.busiest_minute_of_the_start(), tally.busiest_minute_after());
    assert_eq!(busiest, (1, 1));
    // A token is refreshed after 70 to 80 % of its hour.
    assert!((1.2..1.5).contains(&tally.an_hour_after()), "{}", tally.an_hour_after());
    assert_eq!(tally.failed, 0);
}

#[test]
fn a_write_to_kv_shows_at_once_where_it_was_made_and_elsewhere_when_the_copy_there_is_old() {
    let (mut kv, token) = (Kv::new(3), Token { ends_ms: HOUR_MS });
    assert_eq!(kv.read(1, 0), None);
    kv.write(0, token, SECOND_MS);
    assert_eq!(kv.read(0, SECOND_MS), Some(token));
    assert_eq!(kv.read(1, KV_CACHED_MS - 1), None);
    assert_eq!(kv.read(1, KV_CACHED_MS), Some(token));
    assert_eq!(kv.read(2, KV_CACHED_MS), Some(token));
}

#[test]
fn kv_takes_one_write_in_a_second() {
    let mut kv = Kv::new(2);
    let [first, second] = [1, 2].map(|ends_ms| Token { ends_ms });
    kv.write(0, first, 0);
    kv.write(1, second, KV_BETWEEN_WRITES_MS - 1);
    assert_eq!(kv.read(1, KV_BETWEEN_WRITES_MS - 1), Some(first));
    kv.write(1, second, KV_BETWEEN_WRITES_MS);
    assert_eq!(kv.read(1, KV_BETWEEN_WRITES_MS), Some(second));
}

#[test]
fn the_object_takes_one_question_after_another_and_refuses_one_that_would_wait_too_long() {
    let mut turns = Turns::default();
    for number in 0..=OBJECT_QUEUE_MS / OBJECT_WORK_MS {
        assert_eq!(turns.take(0), Some((number + 1) * OBJECT_WORK_MS));
    }
    assert_eq!(turns.take(0), None);
    assert!(turns.take(OBJECT_WORK_MS).is_some());
}

/// Otherwise the object would work on abandoned questions. With a client timeout of 5 s, it never
/// finished the start of 100,000 isolates.
#[test]
fn a_question_that_is_not_refused_is_answered_before_its_timeout() {
    let ways_ms = SECOND_MS;
    assert!(client_policy().timeout_ms > OBJECT_QUEUE_MS + OBJECT_WORK_MS + ways_ms);
}

/// Measured between Amazon's regions, as `docs/scale.md` says.
#[test]
fn round_trips_take_about_as_long_as_measured() {
    let [virginia, tokyo, sydney, sao_paulo] =
        [(38.9, -77.4), (35.7, 139.7), (-33.9, 151.2), (-23.5, -46.6)]
            .map(|(latitude, longitude)| geography::Point { latitude, longitude });
    for (from, to, measured_ms) in [
        (SERVICE, virginia, 81.0),
        (SERVICE, tokyo, 212.0),
        (SERVICE, sydney, 310.0),
        (SERVICE, sao_paulo, 191.0),
        (virginia, tokyo, 145.0),
        (virginia, sao_paulo, 120.0),
        (tokyo, sydney, 104.0),
    ] {
        let ratio = round_trip_ms(from, to) / measured_ms;
        assert!((0.75..1.4).contains(&ratio), "{ratio}");
    }
}
