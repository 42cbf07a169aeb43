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

/// How old an answer is by its `Age` header, in milliseconds: whole seconds, the most of them when
/// several caches have added one each. Anything else is ignored
/// ([RFC 9111, section 5.1](https://www.rfc-editor.org/rfc/rfc9111#section-5.1)).
pub fn age_ms(header: &str) -> i64 {
    let is_whole = |text: &&str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let ages_s = header.split(',').map(str::trim).filter(is_whole).map(|text| {
        digits(text).map_or(MAX_AGE_S, |seconds| seconds.min(MAX_AGE_S)) // or too large to count
    });
    ages_s.max().unwrap_or_default() * SECOND_MS
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
