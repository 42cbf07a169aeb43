//! A token as it comes out of a store that many machines share.
//!
//! What goes in is what the service says of it, `{token, expiresAt, correlationId}`, so that each
//! reader decides by its own clock. `expiresAt` is in milliseconds.

use crate::claims::ParseJson;
use crate::expiry::Timing;
use crate::json::{Json, floor};
use crate::token::Token;

/// A clock that lies further than this before the moment when a token was issued can't tell when
/// that token ends.
pub const MAX_LAG_MS: i64 = 60_000;

/// Why a stored value is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It is not what a store is given, or its token is not one to hand out.
    Unusable,
    /// Its token has ended.
    Expired,
    /// The reader's clock is too far behind.
    Clock,
}

impl Miss {
    /// The reason as callers see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unusable => "unusable",
            Self::Expired => "expired",
            Self::Clock => "clock",
        }
    }
}

/// Reads `text`, which a store gave at `now_ms` by the wall clock.
///
/// # Errors
/// Why it is of no use.
pub fn read(
    text: &str,
    environment: &str,
    now_ms: i64,
    parse: ParseJson<'_>,
) -> Result<Token, Miss> {
    let data = parse(text).ok_or(Miss::Unusable)?;
    if let Some(Json::Number(end_ms)) = data.get("expiresAt")
        && floor(*end_ms).is_some_and(|end_ms| end_ms <= now_ms)
    {
        return Err(Miss::Expired);
    }
    let correlation_id = match data.get("correlationId") {
        Some(Json::Text(id)) => Some(id.clone()),
        _ => None,
    };
    let timing = Timing { received_at_ms: now_ms, elapsed_ms: 0, date_ms: Some(now_ms) };
    let token = Token::read(&data, correlation_id, environment, timing, parse)
        .map_err(|_| Miss::Unusable)?;
    if token.issued_at_ms.is_some_and(|issued| now_ms < issued - MAX_LAG_MS) {
        return Err(Miss::Clock);
    }
    Ok(token)
}
