//! The HTTP headers that carry time: `Date`, `Age` and `Retry-After`.

use std::time::UNIX_EPOCH;

use crate::numbers::{MAX_INTEGER, digits};

const SECOND_MS: i64 = 1_000;

/// What an age that is too large to count stands for (RFC 9111, section 1.2.2).
const MAX_AGE_S: i64 = 1 << 31;

/// The instant of an HTTP date, in epoch milliseconds, in any of the three forms of
/// [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7).
pub fn date_ms(text: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(text).ok()?;
    // A difference of two instants, for which no clock is read.
    let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since_epoch.as_millis()).ok()
}

/// How old an answer is by its `Age` header, in milliseconds: whole seconds, the first of several.
/// Anything else is ignored
/// ([RFC 9111, section 5.1](https://www.rfc-editor.org/rfc/rfc9111#section-5.1)).
pub fn age_ms(header: &str) -> i64 {
    let first = header.split_once(',').map_or(header, |(first, _)| first).trim();
    let is_whole = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let most_s = if is_whole { MAX_AGE_S } else { 0 };
    digits(first).unwrap_or(most_s).min(MAX_AGE_S) * SECOND_MS
}

/// How long a `Retry-After` header asks to wait, in milliseconds: whole seconds, or an HTTP date
/// taken relative to `server_now_ms`, the server's own clock in epoch milliseconds. Anything else is
/// ignored ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
pub fn retry_after_ms(header: &str, server_now_ms: i64) -> Option<i64> {
    let header = header.trim();
    if let Some(seconds) = digits(header) {
        return seconds.checked_mul(SECOND_MS).filter(|wait| *wait <= MAX_INTEGER);
    }
    date_ms(header).map(|at| (at - server_now_ms).max(0))
}
