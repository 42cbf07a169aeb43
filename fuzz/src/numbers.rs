//! A second reading of the numbers in JSON, in 128 bits, where nothing overflows.

use serde_json::Value;

/// The largest whole number up to which a 64-bit float is exact.
const MAX_EXACT: i128 = (1 << 53) - 1;

/// Returns the digits of a text as a number that fits in 64 bits.
pub fn digits(text: &str) -> Option<i128> {
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let significant = text.trim_start_matches('0');
    if !is_number || significant.len() > 30 {
        return None;
    }
    let number = significant.chars().fold(0, |sum, c| sum * 10 + i128::from(u32::from(c) - 48));
    (number <= i128::from(i64::MAX)).then_some(number)
}

/// Returns a number rounded down, if it is exact.
#[expect(clippy::cast_possible_truncation, reason = "within 2^53")]
pub fn floor(number: f64) -> Option<i128> {
    let whole = number.floor();
    let is_exact = number.abs() <= 9_007_199_254_740_991.0;
    is_exact.then_some(whole as i128)
}

/// Returns seconds as milliseconds. A number from the year 5138 on is in milliseconds already.
pub fn epoch_ms(seconds: i128) -> Option<i128> {
    let ms = if seconds > 100_000_000_000 { seconds } else { seconds * 1_000 };
    (-MAX_EXACT..=MAX_EXACT).contains(&ms).then_some(ms)
}

/// Returns a time claim of a JWT in epoch milliseconds.
pub fn claim_ms(claim: Option<&Value>) -> Option<i128> {
    match claim? {
        Value::Number(number) => floor(number.as_f64()?).and_then(epoch_ms),
        Value::String(text) => digits(text).and_then(epoch_ms),
        _ => None,
    }
}
