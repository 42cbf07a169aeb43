//! The bearer token of an answer, and the checks that it must pass.

use serde::Serialize;

use crate::claims::{self, Claims, MAX_TOKEN, seconds_to_ms};
use crate::envelope::TokenData;
use crate::expiry::{NotValid, StatedLife, Timing, life_on_own_clock};
use crate::json::{Json, Scalar};
use crate::numbers::{digits, whole};
use crate::secret::{self, Secret};

/// A bearer token (RFC 6750) that has passed every check.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", bound(serialize = "V: Serialize"))]
pub struct Token<V> {
    /// The token's text, at most [`MAX_TOKEN`] bytes.
    #[serde(serialize_with = "secret::serialize_exposed")]
    pub value: Secret,
    /// When it expires on this machine's clock, in epoch milliseconds.
    pub expires_at_ms: i64,
    /// The expiry that the service states, in epoch milliseconds on the service's clock.
    #[serde(rename = "statedEndMs")] // earlier versions of a coordinator send this name
    pub stated_expires_at_ms: i64,
    /// Its lifetime, in milliseconds.
    pub lifetime_ms: i64,
    /// When it was issued, in epoch milliseconds on the service's clock.
    pub issued_at_ms: Option<i64>,
    /// Its claims. `None` if it is not a JWT.
    pub claims: Option<V>,
    /// The id that the service's support asks for.
    pub correlation_id: Option<String>,
}

/// Why an answer's `data` holds no usable token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidToken {
    /// What is wrong with it.
    pub kind: InvalidTokenKind,
    /// The expected value, in words.
    pub expected: &'static str,
    /// The found value, in words.
    pub found: String,
}

/// What is wrong with an answer's `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidTokenKind {
    /// It does not match the contract.
    Shape,
    /// The token can't be used.
    Unusable,
    /// The token was valid when the service returned it, and had expired when it arrived.
    ExpiredOnArrival,
}

impl InvalidToken {
    fn shape(expected: &'static str, found: &str) -> Self {
        Self { kind: InvalidTokenKind::Shape, expected, found: found.to_owned() }
    }

    fn unusable(expected: &'static str, found: &str) -> Self {
        Self { kind: InvalidTokenKind::Unusable, expected, found: found.to_owned() }
    }
}

impl<V: Json> Token<V> {
    /// Reads and checks the `data` of an answer.
    ///
    /// # Errors
    /// What is wrong with it, with the expected and the found value.
    pub fn read(
        data: Option<&V>,
        correlation_id: Option<String>,
        environment: &str,
        timing: Timing,
    ) -> Result<Self, InvalidToken> {
        let TokenData { token, expires_at, token_type } =
            data.filter(|data| data.is_object()).and_then(Json::read).ok_or_else(|| {
                InvalidToken::shape("an object as `data`", data.map_or("null", Json::kind))
            })?;
        let value = bearer_token(token)
            .map_err(|found| InvalidToken::shape("a bearer token as `data.token`", found))?;
        match token_type {
            Scalar::Absent => {}
            Scalar::Text(kind) if kind.eq_ignore_ascii_case("bearer") => {}
            _ => return Err(InvalidToken::unusable("Bearer as `tokenType`", "another")),
        }
        let in_data_ms = expires_at_ms(&expires_at).map_err(|found| {
            InvalidToken::shape("whole seconds of the epoch as `data.expiresAt`", found)
        })?;
        let all_claims: Option<V> = claims::decode(value.expose().as_bytes()).ok();
        let claims: Claims = all_claims.as_ref().and_then(Json::read).unwrap_or_default();
        let stated_expires_at_ms = match (in_data_ms, claims.expires_at_ms()) {
            (Some(in_data_ms), Some(in_claims_ms)) => in_data_ms.min(in_claims_ms),
            (Some(only_ms), None) | (None, Some(only_ms)) => only_ms,
            (None, None) => {
                return Err(InvalidToken::shape("`data.expiresAt` or an `exp` claim", "neither"));
            }
        };
        if claims.environment().is_some_and(|found| !found.eq_ignore_ascii_case(environment)) {
            return Err(InvalidToken::unusable("a token for this environment", "one for another"));
        }
        let issued_at_ms = claims.issued_at_ms();
        let stated = StatedLife {
            issued_at_ms,
            not_before_ms: claims.not_before_ms(),
            expires_at_ms: stated_expires_at_ms,
        };
        let life = life_on_own_clock(stated, timing).map_err(|found| {
            let kind = match found {
                NotValid::NotYetValid { .. } | NotValid::Expired => InvalidTokenKind::Unusable,
                NotValid::ExpiredOnArrival => InvalidTokenKind::ExpiredOnArrival,
            };
            InvalidToken { kind, expected: "a token in force", found: found.to_string() }
        })?;
        Ok(Self {
            value,
            expires_at_ms: life.expires_at_ms,
            stated_expires_at_ms,
            lifetime_ms: life.lifetime_ms,
            issued_at_ms,
            claims: all_claims,
            correlation_id,
        })
    }
}

fn bearer_token(token: Scalar) -> Result<Secret, &'static str> {
    let Scalar::Text(text) = token else { return Err(token.kind()) };
    let value = Secret::new(text);
    match value.expose() {
        "" => Err("an empty string"),
        text if text.len() > MAX_TOKEN => Err("more than 16 KiB"),
        text if !is_b64token(text) => Err("a character that a bearer token can't have"),
        _ => Ok(value),
    }
}

/// Returns whether `value` has only the characters of a bearer token
/// ([RFC 6750, section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)). None of them can end
/// a header.
fn is_b64token(value: &str) -> bool {
    value.bytes().all(
        |byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-'),
    )
}

/// Returns `expiresAt` in epoch milliseconds. `None` if it is absent.
fn expires_at_ms(value: &Scalar) -> Result<Option<i64>, &'static str> {
    let seconds = match value {
        Scalar::Absent => return Ok(None),
        Scalar::Number(number) => whole(*number).ok_or("a number that is not whole")?,
        Scalar::Text(text) => digits(text).ok_or("a string that is no number")?,
        other => return Err(other.kind()),
    };
    seconds_to_ms(seconds).filter(|ms| *ms > 0).map(Some).ok_or("a number out of range")
}
