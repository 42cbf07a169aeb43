//! Whole numbers in 64-bit floats, as in JSON and JavaScript.

/// The largest whole number up to which a 64-bit float is exact: 2^53 − 1.
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// A second, in milliseconds.
pub const SECOND_MS: i64 = 1_000;

/// The latest instant that a JavaScript `Date` can hold, in epoch milliseconds.
pub const LAST_INSTANT_MS: i64 = 8_640_000_000_000_000;

/// Returns `value` as a float, which is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "instants and statuses are far below 2^53")]
pub fn float(value: i64) -> f64 {
    value as f64
}

/// Returns `number` rounded down. `None` beyond ±(2^53 − 1), where a float is not exact.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked, and its bounds are exact"
)]
pub fn floor(number: f64) -> Option<i64> {
    let limit = MAX_INTEGER as f64;
    (-limit..=limit).contains(&number).then(|| number.floor() as i64)
}

/// Returns `number` if it is whole and exact.
#[expect(clippy::float_cmp, reason = "whole numbers compare exactly")]
pub fn whole(number: f64) -> Option<i64> {
    floor(number).filter(|whole| float(*whole) == number)
}

/// Returns the value of a text of digits. `None` if it holds another character or does not fit.
pub fn digits(text: &str) -> Option<i64> {
    // The standard library's parser also accepts a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
