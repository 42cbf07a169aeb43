//! The JSON envelope of every answer of the service.

use serde::Deserialize;

use crate::json::{Json, Scalar};
use crate::numbers::{digits, whole};

/// The longest correlation id that is accepted, in bytes.
const MAX_CORRELATION_ID: usize = 128;

/// The value of `success` (the API's contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Success {
    /// `true`.
    Yes,
    /// `false`.
    No,
    /// Another value, or absent.
    Unclear,
}

/// The body of an answer (the API's contract). Members of the wrong type count as absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "V: Json"))]
pub struct Envelope<V> {
    #[serde(default)]
    success: Scalar,
    #[serde(default)]
    message: Scalar,
    errors: Option<V>,
    #[serde(default)]
    status_code: Scalar,
    #[serde(default)]
    correlation_id: Scalar,
    data: Option<V>,
}

impl<V: Json> Envelope<V> {
    /// Reads an envelope. `None` if `body` is not an object.
    pub fn read(body: &V) -> Option<Self> {
        body.is_object().then(|| body.read()).flatten()
    }

    /// Returns whether the service accepted the request.
    pub const fn success(&self) -> Success {
        match self.success {
            Scalar::Bool(true) => Success::Yes,
            Scalar::Bool(false) => Success::No,
            _ => Success::Unclear,
        }
    }

    /// Returns the service's message for humans.
    pub fn message(&self) -> Option<&str> {
        self.message.as_text()
    }

    /// Returns the details of a failure, if they are an array.
    pub fn into_errors(self) -> Option<V> {
        self.errors.filter(Json::is_array)
    }

    /// Returns `statusCode`, which is like an HTTP status and may differ from the answer's.
    pub fn status_code(&self) -> Option<u16> {
        let number = match &self.status_code {
            Scalar::Number(number) => whole(*number),
            Scalar::Text(text) => digits(text),
            _ => None,
        };
        number.and_then(|number| u16::try_from(number).ok())
    }

    /// Returns the id that the service's support asks for. `None` if it is long or not printable ASCII.
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_text().filter(|id| {
            (1..=MAX_CORRELATION_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_graphic())
        })
    }

    /// Returns the requested data.
    pub const fn data(&self) -> Option<&V> {
        self.data.as_ref()
    }
}

/// The `data` of an exchange's answer (the API's contract), unchecked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenData {
    /// The token.
    pub token: Scalar,
    /// When the token expires, in seconds since the epoch.
    pub expires_at: Scalar,
    /// The type of the token: Bearer (RFC 6750).
    pub token_type: Scalar,
}
