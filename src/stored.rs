//! A token as it comes out of a store that many machines share.
//!
//! What goes in is what the service says of it, `{token, expiresAt, correlationId}`, so that each
//! reader decides by its own clock. `expiresAt` is in milliseconds.

use serde::{Deserialize, Serialize};

use crate::expiry::Timing;
use crate::json::{Json, Scalar};
use crate::moment::Moment;
use crate::numbers::floor;
use crate::token::Token;

/// A clock that lies further than this before the moment when a token was issued can't tell when
/// that token ends. In milliseconds.
pub const MAX_LAG_MS: i64 = 60_000;

/// Why a stored value is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Miss {
    /// It is not what a store is given, or its token is not one to hand out.
    Unusable,
    /// Its token has ended.
    Expired,
    /// The reader's clock is too far behind.
    Clock,
}

/// What stands beside the token.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stored {
    expires_at: Scalar,
    correlation_id: Scalar,
}

/// Reads `text`, which a store gave at `now_ms` by the wall clock.
///
/// # Errors
/// Why it is of no use.
pub fn read<V: Json>(text: &str, environment: &str, now_ms: i64) -> Result<Token<V>, Miss> {
    let data = V::parse(text).filter(Json::is_object).ok_or(Miss::Unusable)?;
    let Stored { expires_at, correlation_id } = data.read().ok_or(Miss::Unusable)?;
    if let Scalar::Number(end_ms) = expires_at
        && floor(end_ms).is_some_and(|end_ms| end_ms <= now_ms)
    {
        return Err(Miss::Expired);
    }
    let correlation_id = match correlation_id {
        Scalar::Text(id) => Some(id),
        _ => None,
    };
    let now = Moment { wall_ms: now_ms, steady_ms: now_ms };
    let timing = Timing { sent: now, received: now, date_ms: Some(now_ms), age_ms: 0 };
    let token = Token::read(Some(&data), correlation_id, environment, timing)
        .map_err(|_| Miss::Unusable)?;
    if token.issued_at_ms.is_some_and(|issued| now_ms < issued - MAX_LAG_MS) {
        return Err(Miss::Clock);
    }
    Ok(token)
}
