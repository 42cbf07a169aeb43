//! Reads the HTTP headers that hold a time: `Date`, `Age` and `Retry-After`.

use std::time::UNIX_EPOCH;

use crate::numbers::{MAX_INTEGER, SECOND_MS, digits};

/// The largest age, in seconds. A larger one counts as this (RFC 9111, section 1.2.2).
const MAX_AGE_S: i64 = 1 << 31;

/// Returns an HTTP date in epoch milliseconds. Accepts the three forms of
/// [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7).
pub fn date_ms(text: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(text).ok()?;
    // A difference of two instants: no clock is read.
    let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since_epoch.as_millis()).ok()
}

/// Returns the value of an `Age` header in milliseconds. Of several values, the first counts. A value
/// that is not whole seconds counts as 0
/// ([RFC 9111, section 5.1](https://www.rfc-editor.org/rfc/rfc9111#section-5.1)).
pub fn age_ms(header: &str) -> i64 {
    let first = header.split_once(',').map_or(header, |(first, _)| first).trim();
    let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let max_s = if is_number { MAX_AGE_S } else { 0 };
    digits(first).unwrap_or(max_s).min(MAX_AGE_S) * SECOND_MS
}

/// Returns how long a `Retry-After` header asks to wait, in milliseconds: whole seconds, or an HTTP
/// date relative to `service_now_ms`, the service's time in epoch milliseconds. `None` for another value
/// ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
pub fn retry_after_ms(header: &str, service_now_ms: i64) -> Option<i64> {
    let header = header.trim();
    if let Some(seconds) = digits(header) {
        return seconds.checked_mul(SECOND_MS).filter(|wait| *wait <= MAX_INTEGER);
    }
    date_ms(header).map(|at| (at - service_now_ms).max(0))
}
