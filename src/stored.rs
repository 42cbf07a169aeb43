//! Tokens in a store that many machines share.
//!
//! A stored value is `{token, expiresAt, correlationId}`, as the service stated them, so that each
//! reader computes the expiry on its own clock. `expiresAt` is in epoch milliseconds.

use serde::{Deserialize, Serialize};

use crate::clock_readings::ClockReadings;
use crate::expiry::Timing;
use crate::json::{Json, Scalar};
use crate::numbers::floor;
use crate::token::Token;

/// How far the reader's clock may be before the time at which a token was issued, in milliseconds. A
/// clock further behind can't tell when the token expires.
pub const MAX_CLOCK_LAG_MS: i64 = 60_000;

/// Why a stored value is not usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Miss {
    /// It is not a stored token, or its token can't be used.
    Unusable,
    /// Its token has expired.
    Expired,
    /// The reader's clock is too far behind.
    Clock,
}

/// The members beside the token.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stored {
    expires_at: Scalar,
    correlation_id: Scalar,
}

/// Reads a stored value at `wall_ms`, a reading of the wall clock.
///
/// # Errors
/// The reason why the value is not usable.
pub fn read<V: Json>(text: &str, environment: &str, wall_ms: i64) -> Result<Token<V>, Miss> {
    let data = V::parse(text).filter(Json::is_object).ok_or(Miss::Unusable)?;
    let Stored { expires_at, correlation_id } = data.read().ok_or(Miss::Unusable)?;
    if let Scalar::Number(stated_expires_at_ms) = expires_at
        && floor(stated_expires_at_ms).is_some_and(|at_ms| at_ms <= wall_ms)
    {
        return Err(Miss::Expired);
    }
    let correlation_id = match correlation_id {
        Scalar::Text(id) => Some(id),
        _ => None,
    };
    let now = ClockReadings { wall_ms, monotonic_ms: wall_ms };
    let timing = Timing { sent: now, received: now, date_ms: Some(wall_ms), age_ms: 0 };
    let token = Token::read(Some(&data), correlation_id, environment, timing)
        .map_err(|_| Miss::Unusable)?;
    if token.issued_at_ms.is_some_and(|issued| wall_ms < issued - MAX_CLOCK_LAG_MS) {
        return Err(Miss::Clock);
    }
    Ok(token)
}
