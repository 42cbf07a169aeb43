//! The error type of the core: a stable code, a message, and whether a retry can help.

use std::fmt;

use serde::{Serialize, Serializer};

/// The kind of an error. The codes are part of the public interface and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// An option is missing, has the wrong type, or is out of bounds. No request was sent, except where the
    /// answer of the option `fetch` has no web stream.
    InvalidOptions,
    /// The address would expose the keys: it is not https, or has user info. No request was sent.
    InsecureUrl,
    /// Keys in a browser, without `dangerouslyAllowBrowser`. No request was sent.
    BrowserRefused,
    /// The service has rejected the keys.
    CredentialsRejected,
    /// The service asks for fewer calls.
    RateLimited,
    /// The service has answered that it is unavailable.
    ServiceUnavailable,
    /// The transport failed: no connection, or a broken one.
    Network,
    /// No complete answer within `timeoutMs`, no keys of `credentials` in time, or no token within `deadlineMs`.
    Timeout,
    /// The service has answered with a redirect. Redirects are never followed, to protect the keys.
    Redirected,
    /// The answer does not match the contract.
    BadResponse,
    /// The text is not a JWT, so it has no claims to decode.
    BadToken,
    /// The service has returned a token that can't be used.
    TokenUnusable,
    /// `client.fetch` was called with an address outside `baseUrl`. No request was sent.
    ForbiddenOrigin,
    /// The client was closed.
    Closed,
    /// A bug in this library.
    Internal,
}

impl Code {
    /// Every code.
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

    /// Returns the code as it appears in JavaScript.
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

/// A result whose error is boxed, because [`Error`] is large.
pub type Result<T> = std::result::Result<T, Box<Error>>;

/// An error. It holds no secret.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[error("{code}: {message}")]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// The kind of error.
    pub code: Code,
    /// For humans: the expected and the found value.
    pub message: String,
    /// True if the same call may succeed later.
    pub retryable: bool,
    /// The HTTP status of the answer (RFC 9110, section 15), if there was one.
    pub status: Option<u16>,
    /// `statusCode` in the answer's body (the API's contract), if it had one.
    pub status_code: Option<u16>,
    /// The id that the service's support asks for.
    pub correlation_id: Option<String>,
    /// How long the service asks to wait (`Retry-After`: RFC 9110, section 10.2.3), in milliseconds.
    pub retry_after_ms: Option<i64>,
}

impl Error {
    /// Returns an error that is not retryable and has no answer.
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

    /// Returns the same as [`new`](Self::new), boxed.
    pub fn boxed(code: Code, message: String) -> Box<Self> {
        Box::new(Self::new(code, message))
    }

    /// Returns the error for an invalid option. `found` is a type or a number, never a key.
    pub fn option(name: &str, expected: &str, found: &str) -> Box<Self> {
        Self::boxed(Code::InvalidOptions, format!("`{name}` must be {expected}, found {found}"))
    }

    /// Returns the error for text that is not a JWT. `found` quotes nothing from the text.
    pub fn bad_token(found: &str) -> Box<Self> {
        Self::boxed(
            Code::BadToken,
            format!("expected a JWT of three base64url parts with a JSON object, found {found}"),
        )
    }

    /// Returns the error for a caller that has waited `deadline_ms` milliseconds without a token.
    pub fn deadline_exceeded(deadline_ms: i64) -> Self {
        let message = format!("expected a token within {deadline_ms} ms, found none");
        Self { retryable: true, ..Self::new(Code::Timeout, message) }
    }
}
