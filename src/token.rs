//! The bearer token, as it is after everything about it was checked.

use crate::claims::{Claims, MAX_TOKEN, ParseJson, to_ms};
use crate::expiry::{Stated, Timing, life_on_own_clock};
use crate::json::{Json, whole};
use crate::secret::Secret;
use crate::text::{concat, digits_value};

/// A token that may be handed out.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token itself.
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
    pub claims: Option<Claims>,
    /// What the service's support asks for.
    pub correlation_id: Option<String>,
}

/// Why an answer's `data` is no token to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has not the contract's shape.
    Shape(String),
    /// It has, but the token can't be used.
    Unusable(String),
}

impl Token {
    /// Reads the `data` of an answer.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn read(
        data: &Json,
        correlation_id: Option<String>,
        environment: &str,
        timing: Timing,
        parse: ParseJson<'_>,
    ) -> Result<Self, Refusal> {
        let shape = |expected: &str, found: &str| {
            Refusal::Shape(concat(&["expected ", expected, ", found ", found]))
        };
        if !matches!(data, Json::Object(_)) {
            return Err(shape("`data` to be an object", data.kind()));
        }
        let value = match data.get("token") {
            Some(Json::Text(value)) if value.is_empty() => Err("an empty string"),
            Some(Json::Text(value)) if value.len() > MAX_TOKEN => Err("more than 16 KiB"),
            Some(Json::Text(value)) if !is_b64token(value) => {
                Err("characters that no header takes")
            }
            Some(Json::Text(value)) => Ok(value),
            Some(other) => Err(other.kind()),
            None => Err("nothing"),
        }
        .map_err(|found| shape("`data.token` to be a bearer token", found))?;
        match data.get("tokenType") {
            None => {}
            Some(Json::Text(kind)) if kind.eq_ignore_ascii_case("bearer") => {}
            Some(_) => {
                return Err(Refusal::Unusable(
                    "expected `tokenType` Bearer, found another".to_owned(),
                ));
            }
        }
        let claims = Claims::decode(value, parse).ok();
        let stated_end =
            data.get("expiresAt").map(expires_at_ms).transpose().map_err(|found| {
                shape("`data.expiresAt` to be whole seconds of the epoch", found)
            })?;
        let claimed_end = claims.as_ref().and_then(Claims::expires_at_ms);
        let end = match (stated_end, claimed_end) {
            (Some(stated), Some(claimed)) => stated.min(claimed),
            (Some(end), None) | (None, Some(end)) => end,
            (None, None) => return Err(shape("`data.expiresAt` or an `exp` claim", "neither")),
        };
        if let Some(found) = claims.as_ref().and_then(Claims::environment)
            && !found.eq_ignore_ascii_case(environment)
        {
            return Err(Refusal::Unusable(
                "expected a token for the environment asked for, found one for another".to_owned(),
            ));
        }
        let issued_at_ms = claims.as_ref().and_then(Claims::issued_at_ms);
        let stated = Stated {
            issued_at_ms,
            not_before_ms: claims.as_ref().and_then(Claims::not_before_ms),
            expires_at_ms: end,
        };
        let life = life_on_own_clock(stated, timing).map_err(|found| {
            Refusal::Unusable(concat(&["expected a token in force, found ", &found]))
        })?;
        let value = Secret::new(value.clone());
        Ok(Self {
            value,
            expires_at_ms: life.end_ms,
            stated_end_ms: end,
            lifetime_ms: life.lifetime_ms,
            issued_at_ms,
            claims,
            correlation_id,
        })
    }

    /// The token as the record that crosses into JavaScript.
    pub fn to_json(&self) -> Json {
        let claims = self.claims.as_ref().map_or(Json::Null, |claims| claims.as_json().clone());
        Json::object([
            ("value", Json::text(self.value.expose())),
            ("expiresAtMs", Json::integer(self.expires_at_ms)),
            ("statedEndMs", Json::integer(self.stated_end_ms)),
            ("lifetimeMs", Json::integer(self.lifetime_ms)),
            ("issuedAtMs", Json::integer_or_null(self.issued_at_ms)),
            ("claims", claims),
            ("correlationId", Json::text_or_null(self.correlation_id.as_deref())),
        ])
    }
}

/// Only what [RFC 6750, section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1) lets a
/// bearer token be: nothing in it can end a header and begin another.
fn is_b64token(value: &str) -> bool {
    value.bytes().all(
        |byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-'),
    )
}

fn expires_at_ms(value: &Json) -> Result<i64, &'static str> {
    let seconds = match value {
        Json::Number(number) => whole(*number).ok_or("a number that is not")?,
        Json::Text(text) => digits_value(text).ok_or("a string that is no number")?,
        other => return Err(other.kind()),
    };
    to_ms(seconds).filter(|ms| *ms > 0).ok_or("a number out of range")
}
