//! The expiry of a token on this machine's clock, which may be wrong.
//!
//! The answer tells the time on the service's clock. If this machine's clock disagrees, the token's
//! life counts from the moment at which the request was sent.
//!
//! There are two expiries. The service *states* one on its own clock ([`StatedLife`],
//! `stated_expires_at_ms`). From that, this module computes when the token *expires* on this machine's
//! clock (`expires_at_ms`). A client stops using the token a little before, at its dead point
//! ([`TokenPoints`](crate::lifecycle::TokenPoints)).

use std::fmt;

use crate::clock_readings::ClockReadings;
use crate::numbers::{LAST_INSTANT_MS, SECOND_MS};

/// How far the service's time may be too low, because it is in whole seconds. In milliseconds.
const ROUNDED_DOWN_MS: i64 = SECOND_MS;

/// The leeway for `nbf`: how far ahead of the service's time it may be, in milliseconds.
pub const NOT_BEFORE_LEEWAY_MS: i64 = 5_000;

/// The times of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// When the request was sent.
    pub sent: ClockReadings,
    /// When the whole answer had arrived.
    pub received: ClockReadings,
    /// The answer's `Date` header (RFC 9110, section 6.6.1), in epoch milliseconds.
    pub date_ms: Option<i64>,
    /// The answer's `Age` header: how long a cache had kept the answer, in milliseconds.
    pub age_ms: i64,
}

/// The life of a token as the service states it, in epoch milliseconds on the service's clock.
#[derive(Clone, Copy, Debug)]
pub struct StatedLife {
    /// The `iat` claim (RFC 7519, section 4.1.6).
    pub issued_at_ms: Option<i64>,
    /// The `nbf` claim (RFC 7519, section 4.1.5).
    pub not_before_ms: Option<i64>,
    /// The earlier of the claim `exp` (RFC 7519, section 4.1.4) and `expiresAt` (the API's contract).
    pub expires_at_ms: i64,
}

impl Timing {
    /// Returns the time on the service's clock, in epoch milliseconds: the later of `iat` and `Date`,
    /// plus `Age`. Without both, the wall clock.
    pub fn service_now_ms(&self, issued_at_ms: Option<i64>) -> i64 {
        self.stated_now_ms(issued_at_ms).unwrap_or(self.received.wall_ms)
    }

    fn stated_now_ms(&self, issued_at_ms: Option<i64>) -> Option<i64> {
        issued_at_ms.max(self.date_ms).map(|made_at_ms| made_at_ms.saturating_add(self.age_ms))
    }

    /// Returns when the request was sent, in epoch milliseconds on the wall clock as it is now.
    pub fn sent_at_ms(&self) -> i64 {
        self.received.wall_ms - self.received.elapsed_since_ms(self.sent)
    }
}

/// Why a token is not valid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotValid {
    /// Its `nbf` is in the future.
    NotYetValid {
        /// How long until then, in seconds.
        starts_in_s: i64,
    },
    /// It had expired before the service returned it.
    Expired,
    /// It was valid when the service returned it, and had expired when it arrived: the machine slept,
    /// the wall clock was set ahead, or the answer took longer than the token's lifetime.
    ExpiredOnArrival,
}

impl fmt::Display for NotValid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYetValid { starts_in_s } => write!(out, "one that begins in {starts_in_s} s"),
            Self::Expired => out.write_str("one that has expired"),
            Self::ExpiredOnArrival => out.write_str("one that expired on its way"),
        }
    }
}

/// A token's life on this machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it expires, in epoch milliseconds.
    pub expires_at_ms: i64,
    /// The lifetime that the refresh window scales with, in milliseconds: from the issue to the expiry, or,
    /// if more than half of that is over, from the sending to the expiry.
    pub lifetime_ms: i64,
}

/// Returns the token's life on this machine's clock.
///
/// # Errors
/// The token has expired, or is not valid yet.
pub fn life_on_own_clock(stated: StatedLife, timing: Timing) -> Result<Life, NotValid> {
    let service_now_ms = timing.service_now_ms(stated.issued_at_ms);
    if let Some(not_before_ms) = stated.not_before_ms
        && not_before_ms > service_now_ms + NOT_BEFORE_LEEWAY_MS
    {
        let starts_in_s = (not_before_ms - service_now_ms) / SECOND_MS;
        return Err(NotValid::NotYetValid { starts_in_s });
    }
    let sent_at_ms = timing.sent_at_ms();
    let returned_at_ms = timing.stated_now_ms(stated.issued_at_ms).unwrap_or(sent_at_ms);
    if stated.expires_at_ms <= returned_at_ms {
        return Err(NotValid::Expired);
    }
    let clocks_agree =
        service_now_ms <= timing.received.wall_ms && sent_at_ms <= service_now_ms + ROUNDED_DOWN_MS;
    let expires_at_ms = if clocks_agree {
        stated.expires_at_ms
    } else {
        sent_at_ms + (stated.expires_at_ms - service_now_ms - ROUNDED_DOWN_MS)
    };
    let expires_at_ms = expires_at_ms.min(LAST_INSTANT_MS);
    if expires_at_ms <= timing.received.wall_ms {
        return Err(NotValid::ExpiredOnArrival);
    }
    let left_ms = expires_at_ms - sent_at_ms;
    let whole_ms = stated.issued_at_ms.map_or(left_ms, |issued| stated.expires_at_ms - issued);
    let lifetime_ms = if (left_ms..=2 * left_ms).contains(&whole_ms) { whole_ms } else { left_ms };
    Ok(Life { expires_at_ms, lifetime_ms: lifetime_ms.min(LAST_INSTANT_MS) })
}

/// Returns how long until `expires_at_ms`, in milliseconds. Negative after that. Both arguments are
/// epoch milliseconds.
pub const fn expires_in_ms(expires_at_ms: f64, now_ms: f64) -> f64 {
    expires_at_ms - now_ms
}

/// Returns whether a token has expired at `now_ms`, or expires within `leeway_ms` milliseconds. Both
/// instants are epoch milliseconds.
pub const fn is_expired(expires_at_ms: f64, now_ms: f64, leeway_ms: f64) -> bool {
    expires_in_ms(expires_at_ms, now_ms) <= leeway_ms
}
