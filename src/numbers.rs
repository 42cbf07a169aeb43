//! Whole numbers, as JSON and JavaScript carry them: in 64-bit floats.

/// The largest whole number that such a float carries exactly: 2^53 − 1.
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// The last instant that a JavaScript `Date` can be, in epoch milliseconds.
pub const LAST_INSTANT_MS: i64 = 8_640_000_000_000_000;

/// `value` as a float, which is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "instants and statuses are far below 2^53")]
pub fn float(value: i64) -> f64 {
    value as f64
}

/// The whole part of `number` (rounded down), when it is exact: between ±(2^53 − 1).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked, and its bounds are exact"
)]
pub fn floor(number: f64) -> Option<i64> {
    let limit = MAX_INTEGER as f64;
    (-limit..=limit).contains(&number).then(|| number.floor() as i64)
}

/// `number`, when it is whole and exact.
#[expect(clippy::float_cmp, reason = "whole numbers compare exactly")]
pub fn whole(number: f64) -> Option<i64> {
    floor(number).filter(|whole| float(*whole) == number)
}

/// The value of a text of digits and nothing else, when it fits.
pub fn digits(text: &str) -> Option<i64> {
    // A parser of the standard library takes a sign too.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
