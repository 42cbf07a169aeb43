//! The envelope around every answer of the service.

use serde::Deserialize;

use crate::json::{Json, Scalar};
use crate::numbers::{digits, whole};

/// The longest correlation id that is believed to be one, in bytes.
const MAX_CORRELATION_ID: usize = 128;

/// What `success` said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Success {
    /// `true`.
    Yes,
    /// `false`.
    No,
    /// Anything else, or nothing.
    Unclear,
}

/// The body of an answer, as far as it has the contract's shape.
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
    /// Reads an envelope; `None` when `body` is no object.
    pub fn read(body: &V) -> Option<Self> {
        body.is_object().then(|| body.read()).flatten()
    }

    /// Whether the service accepted the request.
    pub const fn success(&self) -> Success {
        match self.success {
            Scalar::Bool(true) => Success::Yes,
            Scalar::Bool(false) => Success::No,
            _ => Success::Unclear,
        }
    }

    /// What the service says to people.
    pub fn message(&self) -> Option<&str> {
        self.message.as_text()
    }

    /// The details of a failure, when they are an array. Takes the envelope with it.
    pub fn into_errors(self) -> Option<V> {
        self.errors.filter(Json::is_array)
    }

    /// An HTTP-like status, which may differ from the HTTP status.
    pub fn status_code(&self) -> Option<u16> {
        let number = match &self.status_code {
            Scalar::Number(number) => whole(*number),
            Scalar::Text(text) => digits(text),
            _ => None,
        };
        number.and_then(|number| u16::try_from(number).ok())
    }

    /// What the service's support asks for, when it is short and plain.
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_text().filter(|id| {
            (1..=MAX_CORRELATION_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_graphic())
        })
    }

    /// What was asked for.
    pub const fn data(&self) -> Option<&V> {
        self.data.as_ref()
    }
}

/// What an exchange asks for: the `data` of an envelope, as it came.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Data {
    /// The token.
    pub token: Scalar,
    /// When it ends, in seconds of the epoch.
    pub expires_at: Scalar,
    /// How it is to be presented: as a bearer token.
    pub token_type: Scalar,
}
