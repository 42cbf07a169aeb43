//! The claims of a JWT. They are decoded and never verified: only the service has the key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::json::{Json, Scalar};
use crate::numbers::{MAX_INTEGER, SECOND_MS, digits, floor};

/// The longest token that is accepted, in bytes.
pub const MAX_TOKEN: usize = 16 * 1024;

/// A larger number of seconds is taken as milliseconds: as seconds it would be after the year 5138.
const LARGEST_SECONDS: i64 = 100_000_000_000;

/// The claims that the core reads, by their names on the wire.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Claims {
    exp: Scalar,
    iat: Scalar,
    nbf: Scalar,
    environment: Scalar,
}

impl Claims {
    /// Returns when the token was issued, in epoch milliseconds (`iat`: RFC 7519, section 4.1.6).
    pub fn issued_at_ms(&self) -> Option<i64> {
        instant_ms(&self.iat)
    }

    /// Returns when the token becomes valid, in epoch milliseconds (`nbf`: RFC 7519, section 4.1.5).
    pub fn not_before_ms(&self) -> Option<i64> {
        instant_ms(&self.nbf)
    }

    /// Returns when the token expires, in epoch milliseconds (`exp`: RFC 7519, section 4.1.4).
    pub fn expires_at_ms(&self) -> Option<i64> {
        instant_ms(&self.exp)
    }

    /// Returns the environment that the token is for (the API's contract).
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_text()
    }
}

/// Returns all claims of a JWT in compact form
/// ([RFC 7519, section 7.2](https://www.rfc-editor.org/rfc/rfc7519#section-7.2)), as a JSON object.
/// Does not verify the signature.
///
/// # Errors
/// [`crate::error::Code::BadToken`] if `token` is longer than 16 KiB, or not three base64url parts
/// with a JSON object in the second.
pub fn decode<V: Json>(token: &[u8]) -> Result<V> {
    if token.len() > MAX_TOKEN {
        return Err(Error::bad_token("more than 16 KiB"));
    }
    let mut parts = token.split(|byte| *byte == b'.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Error::bad_token("another number of parts"));
    };
    // Strict: no padding, and no spare bits.
    let base64url = |part: &[u8]| URL_SAFE_NO_PAD.decode(part).ok();
    if header.is_empty() || base64url(header).is_none() || base64url(signature).is_none() {
        return Err(Error::bad_token("a header or a signature that is not base64url"));
    }
    let bytes =
        base64url(payload).ok_or_else(|| Error::bad_token("a payload that is not base64url"))?;
    let text =
        String::from_utf8(bytes).map_err(|_| Error::bad_token("a payload that is not UTF-8"))?;
    match V::parse(&text) {
        Some(claims) if claims.is_object() => Ok(claims),
        Some(other) => Err(Error::bad_token(other.kind())),
        None => Err(Error::bad_token("a payload that is not JSON")),
    }
}

/// Returns a `NumericDate` in epoch milliseconds, without its fraction. `None` for any other value.
fn instant_ms(claim: &Scalar) -> Option<i64> {
    let seconds = match claim {
        Scalar::Number(number) => floor(*number)?,
        Scalar::Text(text) => digits(text)?,
        _ => return None,
    };
    seconds_to_ms(seconds)
}

/// Returns seconds as milliseconds. A number that is too large for seconds is already milliseconds.
pub(crate) fn seconds_to_ms(seconds: i64) -> Option<i64> {
    let ms = if seconds > LARGEST_SECONDS { seconds } else { seconds.checked_mul(SECOND_MS)? };
    (-MAX_INTEGER..=MAX_INTEGER).contains(&ms).then_some(ms)
}
