//! When a token ends, on a clock that may be wrong.
//!
//! The client's clock is not trusted. The server's is read off the answer itself, and where the
//! two disagree the token's life is counted from the moment of sending.

use std::fmt;

use crate::moment::Moment;
use crate::numbers::LAST_INSTANT_MS;

/// What whole seconds may hide: the server's now is up to this much low.
const SECOND_MS: i64 = 1_000;

/// How far ahead `nbf` may lie.
pub const NOT_BEFORE_LEEWAY_MS: i64 = 5_000;

/// The moments of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// When the request was sent.
    pub sent: Moment,
    /// When the whole answer was there.
    pub received: Moment,
    /// The instant of the answer's `Date` header, in epoch milliseconds.
    pub date_ms: Option<i64>,
    /// How old the answer was before it was received, by its `Age` header, in milliseconds.
    pub age_ms: i64,
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
    /// The service's now: the later of `iat` and `Date`, and the answer's age since. The wall clock
    /// when neither is there.
    pub fn server_now_ms(&self, issued_at_ms: Option<i64>) -> i64 {
        self.stated_now_ms(issued_at_ms).unwrap_or(self.received.wall_ms)
    }

    fn stated_now_ms(&self, issued_at_ms: Option<i64>) -> Option<i64> {
        issued_at_ms.max(self.date_ms).map(|made_at_ms| made_at_ms.saturating_add(self.age_ms))
    }

    /// When the request was sent, on the wall clock as it is at the receipt.
    pub fn sent_at_ms(&self) -> i64 {
        self.received.wall_ms - self.received.since_ms(self.sent)
    }
}

/// Why a token is not in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotInForce {
    /// It has not begun.
    Ahead {
        /// How far off its begin is, in seconds.
        by_s: i64,
    },
    /// The service has handed out one that was over.
    Expired,
    /// It was good when it was handed out, and over on arrival: the machine slept meanwhile, the
    /// wall clock was put ahead, or the answer took longer than the token lives.
    ExpiredOnItsWay,
}

impl fmt::Display for NotInForce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead { by_s } => write!(out, "one that begins in {by_s} s"),
            Self::Expired => out.write_str("one that has expired"),
            Self::ExpiredOnItsWay => out.write_str("one that expired on its way"),
        }
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
pub fn life_on_own_clock(stated: Stated, timing: Timing) -> Result<Life, NotInForce> {
    let server_now = timing.server_now_ms(stated.issued_at_ms);
    if let Some(not_before) = stated.not_before_ms
        && not_before > server_now + NOT_BEFORE_LEEWAY_MS
    {
        return Err(NotInForce::Ahead { by_s: (not_before - server_now) / SECOND_MS });
    }
    let sent_at = timing.sent_at_ms();
    let handed_out_at = timing.stated_now_ms(stated.issued_at_ms).unwrap_or(sent_at);
    if stated.expires_at_ms <= handed_out_at {
        return Err(NotInForce::Expired);
    }
    let agrees = server_now <= timing.received.wall_ms && sent_at <= server_now + SECOND_MS;
    let end_ms = if agrees {
        stated.expires_at_ms
    } else {
        sent_at + (stated.expires_at_ms - server_now - SECOND_MS)
    };
    let end_ms = end_ms.min(LAST_INSTANT_MS);
    if end_ms <= timing.received.wall_ms {
        return Err(NotInForce::ExpiredOnItsWay);
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
