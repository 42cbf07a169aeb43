//! When a token ends, on a clock that may be wrong.
//!
//! The client's clock is not trusted. The server's is read off the answer itself, and where the
//! two disagree the token's life is counted from the moment of sending.

use crate::numbers::LAST_INSTANT_MS;

/// What whole seconds may hide: the server's now is up to this much low.
const SECOND_MS: i64 = 1_000;

/// How far ahead `nbf` may lie.
pub const NOT_BEFORE_LEEWAY_MS: i64 = 5_000;

/// The moments of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The wall clock when the whole answer was there, in epoch milliseconds.
    pub received_at_ms: i64,
    /// How long before that the request was sent, by a clock that does not jump where there is one.
    pub elapsed_ms: i64,
    /// The instant of the answer's `Date` header, in epoch milliseconds.
    pub date_ms: Option<i64>,
}

/// The life of a token as the service stated it, in epoch milliseconds of the service's clock.
#[derive(Clone, Copy, Debug)]
pub struct Stated {
    /// `iat`.
    pub issued_at_ms: Option<i64>,
    /// `nbf`.
    pub not_before_ms: Option<i64>,
    /// The earlier of `exp` and `expiresAt`.
    pub expires_at_ms: i64,
}

impl Timing {
    /// The service's now: the later of `iat` and `Date`, or the wall clock when neither is there.
    pub fn server_now_ms(&self, issued_at_ms: Option<i64>) -> i64 {
        issued_at_ms.max(self.date_ms).unwrap_or(self.received_at_ms)
    }

    /// When the request was sent, on the wall clock as it is now.
    pub const fn sent_at_ms(&self) -> i64 {
        self.received_at_ms - self.elapsed_ms
    }
}

/// A token's life on the client's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it ends, in epoch milliseconds.
    pub end_ms: i64,
    /// How long it lives, by which all that scales with that is measured: from when it was issued,
    /// or, when the service hands out one that is past its half again, from now.
    pub lifetime_ms: i64,
}

/// The token's life on the client's own clock.
///
/// # Errors
/// Why it can't be used: it has ended, or has not begun.
pub fn life_on_own_clock(stated: Stated, timing: Timing) -> std::result::Result<Life, String> {
    let server_now = timing.server_now_ms(stated.issued_at_ms);
    if let Some(not_before) = stated.not_before_ms
        && not_before > server_now + NOT_BEFORE_LEEWAY_MS
    {
        let ahead_s = (not_before - server_now) / SECOND_MS;
        return Err(format!("one that begins in {ahead_s} s"));
    }
    if stated.expires_at_ms <= server_now {
        return Err("one that has expired".to_owned());
    }
    let sent_at = timing.sent_at_ms();
    let agrees = server_now <= timing.received_at_ms && sent_at <= server_now + SECOND_MS;
    let end_ms = if agrees {
        stated.expires_at_ms
    } else {
        sent_at + (stated.expires_at_ms - server_now - SECOND_MS)
    };
    let end_ms = end_ms.min(LAST_INSTANT_MS);
    if end_ms <= timing.received_at_ms {
        return Err("one that expired on its way".to_owned());
    }
    let remaining = end_ms - sent_at;
    let whole = stated.issued_at_ms.map_or(remaining, |issued| stated.expires_at_ms - issued);
    let lifetime_ms = if (remaining..=2 * remaining).contains(&whole) { whole } else { remaining };
    Ok(Life { end_ms, lifetime_ms: lifetime_ms.min(LAST_INSTANT_MS) })
}

/// How long until `expires_at_ms`, in milliseconds; negative after that. Both are epoch milliseconds.
pub const fn expires_in_ms(expires_at_ms: f64, now_ms: f64) -> f64 {
    expires_at_ms - now_ms
}

/// Whether a token has expired at `now_ms`, or will have within `leeway_ms`.
pub const fn is_expired(expires_at_ms: f64, now_ms: f64, leeway_ms: f64) -> bool {
    expires_in_ms(expires_at_ms, now_ms) <= leeway_ms
}
