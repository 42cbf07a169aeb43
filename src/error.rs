//! The one error type: what went wrong, as a stable code, and what the caller may do about it.

use std::fmt;

use crate::json::{Json, whole};

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

/// A failure, with all that is known of it and nothing that is secret.
#[derive(Clone, Debug, PartialEq)]
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
    /// The details of the answer's body.
    pub errors: Vec<Json>,
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
            errors: Vec::new(),
        }
    }

    /// The option `name` is not what it must be. `found` is a type or a number, never a key.
    pub fn option(name: &str, expected: &str, found: &str) -> Self {
        Self::new(Code::InvalidOptions, format!("`{name}` must be {expected}, found {found}"))
    }

    /// The client that was asked has been closed.
    pub fn closed() -> Self {
        Self::new(Code::Closed, "expected a client that is open, found a closed one".to_owned())
    }

    /// An error that had crossed into JavaScript and comes back.
    pub fn from_json(record: &Json) -> Self {
        let text = |name: &str| record.get(name).and_then(Json::as_text);
        let number = |name: &str| match record.get(name) {
            Some(Json::Number(number)) => whole(*number),
            _ => None,
        };
        let status = |name: &str| number(name).and_then(|number| u16::try_from(number).ok());
        let code = Code::ALL.into_iter().find(|code| text("code") == Some(code.as_str()));
        Self {
            code: code.unwrap_or(Code::Internal),
            message: text("message").unwrap_or_default().to_owned(),
            retryable: record.get("retryable") == Some(&Json::Bool(true)),
            status: status("status"),
            status_code: status("statusCode"),
            correlation_id: text("correlationId").map(ToOwned::to_owned),
            retry_after_ms: number("retryAfterMs"),
            errors: match record.get("errors") {
                Some(Json::Array(errors)) => errors.clone(),
                _ => Vec::new(),
            },
        }
    }

    /// The error as the record that crosses into JavaScript.
    pub fn to_json(&self) -> Json {
        let number = |value: Option<u16>| Json::integer_or_null(value.map(i64::from));
        Json::Object(vec![
            ("code".to_owned(), Json::text(self.code.as_str())),
            ("message".to_owned(), Json::text(&*self.message)),
            ("retryable".to_owned(), Json::Bool(self.retryable)),
            ("status".to_owned(), number(self.status)),
            ("statusCode".to_owned(), number(self.status_code)),
            ("correlationId".to_owned(), Json::text_or_null(self.correlation_id.as_deref())),
            ("retryAfterMs".to_owned(), Json::integer_or_null(self.retry_after_ms)),
            ("errors".to_owned(), Json::Array(self.errors.clone())),
        ])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code.as_str())?;
        out.write_str(": ")?;
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
