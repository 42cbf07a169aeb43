//! The claims of a JWT, read and never verified: the key that signs is the service's alone.

use crate::error::{Code, Error, Result};
use crate::json::{Json, MAX_INTEGER, floor};
use crate::text::{concat, cut, digits_value, find};

/// Where a JSON parser comes from: the platform's in the shell, a test's own on the host.
pub type ParseJson<'a> = &'a dyn Fn(&str) -> Option<Json>;

/// The longest token that is accepted, in bytes.
pub const MAX_TOKEN: usize = 16 * 1024;

/// Seconds above this are milliseconds: as seconds they would lie in the year 5138.
const LARGEST_SECONDS: i64 = 100_000_000_000;

/// What a token says of itself. Members keep the wire's names; unknown ones are kept too.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Json);

impl Claims {
    /// Reads the claims of a JWT in compact form
    /// ([RFC 7519, section 7.2](https://www.rfc-editor.org/rfc/rfc7519#section-7.2)).
    /// The signature is not looked at.
    ///
    /// # Errors
    /// [`Code::BadToken`] when `token` is not three base64url parts of which the second is a JSON
    /// object, or is longer than 16 KiB.
    pub fn decode(token: &str, parse: ParseJson<'_>) -> Result<Self> {
        let bad = Self::bad;
        if token.len() > MAX_TOKEN {
            return Err(bad("more than 16 KiB"));
        }
        let parts = cut(token, ".").and_then(|(header, rest)| Some((header, cut(rest, ".")?)));
        let Some((header, (payload, signature))) =
            parts.filter(|(_, (_, last))| find(last, ".").is_none())
        else {
            return Err(bad("another number of parts"));
        };
        if header.is_empty() || base64url(header).is_none() || base64url(signature).is_none() {
            return Err(bad("a header or a signature that is not base64url"));
        }
        let bytes = base64url(payload).ok_or_else(|| bad("a payload that is not base64url"))?;
        let text = String::from_utf8(bytes).map_err(|_| bad("a payload that is not UTF-8"))?;
        match parse(&text) {
            Some(claims @ Json::Object(_)) => Ok(Self(claims)),
            Some(other) => Err(bad(other.kind())),
            None => Err(bad("a payload that is not JSON")),
        }
    }

    /// The error for a token that is something else: `found`, in words that hold nothing of it.
    pub fn bad(found: &str) -> Box<Error> {
        let expected = "expected a JWT of three base64url parts with a JSON object, found ";
        Error::boxed(Code::BadToken, concat(&[expected, found]))
    }

    /// All of them.
    pub const fn as_json(&self) -> &Json {
        &self.0
    }

    /// When the token was issued, in epoch milliseconds.
    pub fn issued_at_ms(&self) -> Option<i64> {
        self.instant_ms("iat")
    }

    /// Before when the token is not to be used, in epoch milliseconds.
    pub fn not_before_ms(&self) -> Option<i64> {
        self.instant_ms("nbf")
    }

    /// When the token ends, in epoch milliseconds.
    pub fn expires_at_ms(&self) -> Option<i64> {
        self.instant_ms("exp")
    }

    /// Which environment the token is for.
    pub fn environment(&self) -> Option<&str> {
        self.0.get("environment").and_then(Json::as_text)
    }

    /// A `NumericDate`; its fraction is cut off. What can't be read as one counts as absent.
    fn instant_ms(&self, name: &str) -> Option<i64> {
        let seconds = match self.0.get(name)? {
            Json::Number(number) => floor(*number)?,
            Json::Text(digits) => digits_value(digits)?,
            _ => return None,
        };
        to_ms(seconds)
    }
}

/// Seconds of the wire as milliseconds; what is too large for seconds is milliseconds already.
pub(crate) fn to_ms(seconds: i64) -> Option<i64> {
    let ms = if seconds > LARGEST_SECONDS { seconds } else { seconds.checked_mul(1_000)? };
    (-MAX_INTEGER..=MAX_INTEGER).contains(&ms).then_some(ms)
}

/// Decodes base64url without padding
/// ([RFC 4648, section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for symbol in text.bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            let [.., byte] = (buffer >> bits).to_be_bytes();
            bytes.push(byte);
        }
    }
    // What is left must be less than a symbol, and zero.
    (bits < 6 && buffer & ((1 << bits) - 1) == 0).then_some(bytes)
}
