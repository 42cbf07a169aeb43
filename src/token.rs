//! The bearer token, as it is after everything about it was checked.

use serde::Serialize;

use crate::claims::{self, Claims, MAX_TOKEN, to_ms};
use crate::envelope::Data;
use crate::expiry::{NotInForce, Stated, Timing, life_on_own_clock};
use crate::json::{Json, Scalar};
use crate::numbers::{digits, whole};
use crate::secret::{self, Secret};

/// A token that may be handed out.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", bound(serialize = "V: Serialize"))]
pub struct Token<V> {
    /// The token itself.
    #[serde(serialize_with = "secret::serialize_exposed")]
    pub value: Secret,
    /// When it ends on the client's own clock, in epoch milliseconds.
    pub expires_at_ms: i64,
    /// When it ends on the service's clock, in epoch milliseconds.
    pub stated_end_ms: i64,
    /// How long it lives, in milliseconds.
    pub lifetime_ms: i64,
    /// When the service says that it was issued, in epoch milliseconds of the service's clock.
    pub issued_at_ms: Option<i64>,
    /// What it says of itself; `None` for a token that is no JWT.
    pub claims: Option<V>,
    /// What the service's support asks for.
    pub correlation_id: Option<String>,
}

/// Why an answer's `data` is no token to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong with it.
    pub defect: Defect,
    /// What was expected, in words.
    pub expected: &'static str,
    /// What was found, in words.
    pub found: String,
}

/// What is wrong with an answer's `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// It has not the contract's shape.
    Shape,
    /// It has, but the token can't be used.
    Unusable,
    /// The token was good when it was handed out, and over on arrival.
    Late,
}

impl Refusal {
    fn shape(expected: &'static str, found: &str) -> Self {
        Self { defect: Defect::Shape, expected, found: found.to_owned() }
    }

    fn unusable(expected: &'static str, found: &str) -> Self {
        Self { defect: Defect::Unusable, expected, found: found.to_owned() }
    }
}

impl<V: Json> Token<V> {
    /// Reads the `data` of an answer.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn read(
        data: Option<&V>,
        correlation_id: Option<String>,
        environment: &str,
        timing: Timing,
    ) -> Result<Self, Refusal> {
        let Data { token, expires_at, token_type } =
            data.filter(|data| data.is_object()).and_then(Json::read).ok_or_else(|| {
                Refusal::shape("an object as `data`", data.map_or("null", Json::kind))
            })?;
        let value = bearer_token(token)
            .map_err(|found| Refusal::shape("a bearer token as `data.token`", found))?;
        match token_type {
            Scalar::Absent => {}
            Scalar::Text(kind) if kind.eq_ignore_ascii_case("bearer") => {}
            _ => return Err(Refusal::unusable("Bearer as `tokenType`", "another")),
        }
        let stated_end = expires_at_ms(&expires_at).map_err(|found| {
            Refusal::shape("whole seconds of the epoch as `data.expiresAt`", found)
        })?;
        let all_claims: Option<V> = claims::decode(value.expose().as_bytes()).ok();
        let claims: Claims = all_claims.as_ref().and_then(Json::read).unwrap_or_default();
        let end = match (stated_end, claims.expires_at_ms()) {
            (Some(stated), Some(claimed)) => stated.min(claimed),
            (Some(end), None) | (None, Some(end)) => end,
            (None, None) => {
                return Err(Refusal::shape("`data.expiresAt` or an `exp` claim", "neither"));
            }
        };
        if claims.environment().is_some_and(|found| !found.eq_ignore_ascii_case(environment)) {
            return Err(Refusal::unusable("a token for this environment", "one for another"));
        }
        let issued_at_ms = claims.issued_at_ms();
        let stated =
            Stated { issued_at_ms, not_before_ms: claims.not_before_ms(), expires_at_ms: end };
        let life = life_on_own_clock(stated, timing).map_err(|found| {
            let defect = match found {
                NotInForce::Ahead { .. } | NotInForce::Expired => Defect::Unusable,
                NotInForce::ExpiredOnItsWay => Defect::Late,
            };
            Refusal { defect, expected: "a token in force", found: found.to_string() }
        })?;
        Ok(Self {
            value,
            expires_at_ms: life.end_ms,
            stated_end_ms: end,
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
        text if !is_b64token(text) => Err("characters that no header takes"),
        _ => Ok(value),
    }
}

/// Only what [RFC 6750, section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1) lets a
/// bearer token be: nothing in it can end a header and begin another.
fn is_b64token(value: &str) -> bool {
    value.bytes().all(
        |byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-'),
    )
}

/// The instant of `expiresAt` in epoch milliseconds; `None` when it is not there.
fn expires_at_ms(value: &Scalar) -> Result<Option<i64>, &'static str> {
    let seconds = match value {
        Scalar::Absent => return Ok(None),
        Scalar::Number(number) => whole(*number).ok_or("a number that is not")?,
        Scalar::Text(text) => digits(text).ok_or("a string that is no number")?,
        other => return Err(other.kind()),
    };
    to_ms(seconds).filter(|ms| *ms > 0).map(Some).ok_or("a number out of range")
}
