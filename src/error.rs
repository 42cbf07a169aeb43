//! The one error type: what went wrong, as a stable code, and what the caller may do about it.

use std::fmt;

use serde::{Serialize, Serializer};

/// What went wrong. The names are part of the public interface and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// An option is missing, of the wrong type, or out of bounds. Nothing was sent.
    InvalidOptions,
    /// The address would expose the keys: not https, or user info in it. Nothing was sent.
    InsecureUrl,
    /// Keys in a browser, and nobody said that this page is trusted. Nothing was sent.
    BrowserRefused,
    /// The service does not accept the keys.
    CredentialsRejected,
    /// The service asks to be called less often.
    RateLimited,
    /// The service answered that it can't answer now.
    ServiceUnavailable,
    /// The transport failed: no connection, or one that broke.
    Network,
    /// No whole answer within `timeoutMs`.
    Timeout,
    /// The service answered with a redirect, which is never followed: it would carry the keys.
    Redirected,
    /// An answer that is not the contract's.
    BadResponse,
    /// The text is not a token whose claims can be read.
    BadToken,
    /// The service handed out a token that can't be used.
    TokenUnusable,
    /// `fetch` of a client was told to send the token where it does not belong. Nothing was sent.
    ForbiddenOrigin,
    /// The client was closed.
    Closed,
    /// A defect of this library.
    Internal,
}

impl Code {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 15] = [
        Self::InvalidOptions,
        Self::InsecureUrl,
        Self::BrowserRefused,
        Self::CredentialsRejected,
        Self::RateLimited,
        Self::ServiceUnavailable,
        Self::Network,
        Self::Timeout,
        Self::Redirected,
        Self::BadResponse,
        Self::BadToken,
        Self::TokenUnusable,
        Self::ForbiddenOrigin,
        Self::Closed,
        Self::Internal,
    ];

    /// The code as callers see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidOptions => "P4P_INVALID_OPTIONS",
            Self::InsecureUrl => "P4P_INSECURE_URL",
            Self::BrowserRefused => "P4P_BROWSER_REFUSED",
            Self::CredentialsRejected => "P4P_CREDENTIALS_REJECTED",
            Self::RateLimited => "P4P_RATE_LIMITED",
            Self::ServiceUnavailable => "P4P_SERVICE_UNAVAILABLE",
            Self::Network => "P4P_NETWORK",
            Self::Timeout => "P4P_TIMEOUT",
            Self::Redirected => "P4P_REDIRECTED",
            Self::BadResponse => "P4P_BAD_RESPONSE",
            Self::BadToken => "P4P_BAD_TOKEN",
            Self::TokenUnusable => "P4P_TOKEN_UNUSABLE",
            Self::ForbiddenOrigin => "P4P_FORBIDDEN_ORIGIN",
            Self::Closed => "P4P_CLOSED",
            Self::Internal => "P4P_INTERNAL",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What may fail with an [`Error`]. In a box: it is large, and passed on in many places.
pub type Result<T> = std::result::Result<T, Box<Error>>;

/// A failure, with all that is known of it and nothing that is secret.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[error("{code}: {message}")]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// What went wrong.
    pub code: Code,
    /// For people: what was expected, and what was found.
    pub message: String,
    /// Whether the same call may succeed later, with nothing changed.
    pub retryable: bool,
    /// The HTTP status of the answer, when there was one.
    pub status: Option<u16>,
    /// `statusCode` of the answer's body, when it had one.
    pub status_code: Option<u16>,
    /// What the service's support asks for.
    pub correlation_id: Option<String>,
    /// How long the service asks to wait, in milliseconds.
    pub retry_after_ms: Option<i64>,
}

impl Error {
    /// An error of `code` which no retry mends and that came from no answer.
    pub fn new(code: Code, message: String) -> Self {
        Self {
            code,
            message,
            retryable: false,
            status: None,
            status_code: None,
            correlation_id: None,
            retry_after_ms: None,
        }
    }

    /// The same, for a [`Result`].
    pub fn boxed(code: Code, message: String) -> Box<Self> {
        Box::new(Self::new(code, message))
    }

    /// The option `name` is not what it must be. `found` is a type or a number, never a key.
    pub fn option(name: &str, expected: &str, found: &str) -> Box<Self> {
        Self::boxed(Code::InvalidOptions, format!("`{name}` must be {expected}, found {found}"))
    }

    /// A token is something else than a JWT. `found` holds nothing of it.
    pub fn bad_token(found: &str) -> Box<Self> {
        Self::boxed(
            Code::BadToken,
            format!("expected a JWT of three base64url parts with a JSON object, found {found}"),
        )
    }

    /// No token within the time that a caller waits, `deadline_ms`.
    pub fn too_late(deadline_ms: i64) -> Self {
        let message = format!("expected a token within {deadline_ms} ms, found none");
        Self { retryable: true, ..Self::new(Code::Timeout, message) }
    }
}
