//! The envelope around every answer of the service.

use crate::json::{Json, whole};
use crate::text::digits_value;

/// The longest correlation id that is believed to be one.
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

/// An answer's body, read as far as it has the contract's shape.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Whether the service accepted the request.
    pub success: Success,
    /// What the service says to people.
    pub message: Option<String>,
    /// Details of a failure.
    pub errors: Vec<Json>,
    /// An HTTP-like status, which may differ from the HTTP status.
    pub status_code: Option<u16>,
    /// What the service's support asks for.
    pub correlation_id: Option<String>,
    /// What was asked for.
    pub data: Option<Json>,
}

impl Envelope {
    /// Reads an envelope; `None` when `body` is no object.
    pub fn read(body: &Json) -> Option<Self> {
        if !matches!(body, Json::Object(_)) {
            return None;
        }
        let success = match body.get("success") {
            Some(Json::Bool(true)) => Success::Yes,
            Some(Json::Bool(false)) => Success::No,
            _ => Success::Unclear,
        };
        let status_code = match body.get("statusCode") {
            Some(Json::Number(number)) => whole(*number),
            Some(Json::Text(digits)) => digits_value(digits),
            _ => None,
        };
        let errors = match body.get("errors") {
            Some(Json::Array(errors)) => errors.clone(),
            _ => Vec::new(),
        };
        let is_id = |text: &&str| {
            (1..=MAX_CORRELATION_ID).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        Some(Self {
            success,
            message: body.get("message").and_then(Json::as_text).map(ToOwned::to_owned),
            errors,
            status_code: status_code.and_then(|number| u16::try_from(number).ok()),
            correlation_id: body
                .get("correlationId")
                .and_then(Json::as_text)
                .filter(is_id)
                .map(ToOwned::to_owned),
            data: body.get("data").cloned(),
        })
    }
}
