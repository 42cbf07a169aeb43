//! What an answer of the token endpoint means: a token, or which error.

use crate::claims::ParseJson;
use crate::envelope::{Envelope, Success};
use crate::error::{Code, Error, Result};
use crate::expiry::Timing;
use crate::http_date;
use crate::json::Json;
use crate::options::Options;
use crate::secret::one_line;
use crate::text::{concat, decimal};
use crate::token::{Refusal, Token};

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// How much of the service's own message is passed on, in characters.
const MAX_MESSAGE: usize = 200;

/// What came over the wire.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Whether this is a redirect that the platform hides, or one that it has followed.
    pub redirected: bool,
    /// The `Retry-After` header.
    pub retry_after: Option<&'a str>,
    /// The `Date` header.
    pub date: Option<&'a str>,
    /// The body.
    pub body: Body,
    /// The wall clock when all of it was there, in epoch milliseconds.
    pub received_at_ms: i64,
    /// How long before that the request was sent.
    pub elapsed_ms: i64,
}

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// JSON.
    Json(Json),
    /// Something else, in words that hold nothing of it.
    Other(&'static str),
    /// The transport ended before the body did.
    Interrupted(Interruption),
}

/// Why there is no answer, or no whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The transport failed.
    Network,
    /// The time for one attempt was over.
    Timeout {
        /// That time.
        after_ms: u32,
    },
}

impl Interruption {
    /// The error that this is when nothing else is known.
    pub fn to_error(self) -> Error {
        let (code, message) = match self {
            Self::Network => (
                Code::Network,
                String::from("expected an answer, found no connection or one that broke"),
            ),
            Self::Timeout { after_ms } => (Code::Timeout, {
                let within = decimal(after_ms.into());
                concat(&["expected a whole answer within ", &within, " ms, found none"])
            }),
        };
        Error { retryable: true, ..Error::new(code, message) }
    }
}

/// How the classes of answers differ. One row of the table that [`interpret`] reads from the top.
enum Meaning {
    Redirected,
    RateLimited,
    Unavailable { retryable: bool },
    Rejected,
    Interrupted(Interruption),
    NotTheContract { found: &'static str, retryable: bool },
    Accepted,
}

/// What the answer means.
///
/// # Errors
/// Anything but a token that can be used.
pub fn interpret(answer: &Answer<'_>, options: &Options, parse: ParseJson<'_>) -> Result<Token> {
    let envelope = match &answer.body {
        Body::Json(json) => Envelope::read(json),
        Body::Other(_) | Body::Interrupted(_) => None,
    };
    let date_ms = answer.date.and_then(|date| http_date::parse(date, answer.received_at_ms));
    let redact = |text: String| options.redact(text);
    let fail = |code: Code, retryable: bool, message: String| {
        let server_now_ms = date_ms.unwrap_or(answer.received_at_ms);
        let envelope = envelope.as_ref();
        let mut errors = envelope.map(|envelope| envelope.errors.clone()).unwrap_or_default();
        for error in &mut errors {
            error.change_text(&redact);
        }
        Box::new(Error {
            code,
            message,
            retryable,
            status: Some(answer.status).filter(|status| *status != 0),
            status_code: envelope.and_then(|envelope| envelope.status_code),
            correlation_id: envelope.and_then(|e| e.correlation_id.clone()).map(redact),
            retry_after_ms: answer
                .retry_after
                .and_then(|header| http_date::retry_after_ms(header, server_now_ms)),
            errors,
        })
    };
    let status = decimal(answer.status.into());
    let said = envelope
        .as_ref()
        .and_then(|envelope| envelope.message.clone())
        .map(|message| concat(&[": ", &one_line(&redact(message), MAX_MESSAGE)]))
        .unwrap_or_default();
    let unexpected = |code: Code, retryable: bool, expected: &str, found: &str| {
        let told = [expected, ", found ", found, " (HTTP ", &status, ")", &said];
        Err(fail(code, retryable, concat(&told)))
    };
    let rejected = |code: Code, retryable: bool, found: &str| {
        unexpected(code, retryable, "expected a token", found)
    };

    match meaning(answer, envelope.as_ref()) {
        Meaning::Redirected => {
            rejected(Code::Redirected, false, "a redirect, which is not followed")
        }
        Meaning::RateLimited => rejected(Code::RateLimited, true, "a request to call less often"),
        Meaning::Unavailable { retryable } => {
            rejected(Code::ServiceUnavailable, retryable, "a service that can't answer now")
        }
        Meaning::Rejected => rejected(Code::CredentialsRejected, false, "the keys rejected"),
        Meaning::Interrupted(interruption) => {
            let Error { code, message, retryable, .. } = interruption.to_error();
            Err(fail(code, retryable, message))
        }
        Meaning::NotTheContract { found, retryable } => {
            let expected = "expected the service's envelope with a token";
            unexpected(Code::BadResponse, retryable, expected, found)
        }
        Meaning::Accepted => {
            let timing = Timing {
                received_at_ms: answer.received_at_ms,
                elapsed_ms: answer.elapsed_ms,
                date_ms,
            };
            let (data, correlation_id) = envelope
                .as_ref()
                .map_or((None, None), |e| (e.data.as_ref(), e.correlation_id.clone()));
            let data = data.unwrap_or(&Json::Null);
            Token::read(data, correlation_id.map(redact), &options.environment, timing, parse)
                .map_err(|refusal| match refusal {
                    Refusal::Shape(message) => fail(Code::BadResponse, false, message),
                    Refusal::Unusable(message) => fail(Code::TokenUnusable, false, message),
                })
        }
    }
}

/// The table: the first row that fits.
fn meaning(answer: &Answer<'_>, envelope: Option<&Envelope>) -> Meaning {
    let http = answer.status;
    let body = envelope.and_then(|envelope| envelope.status_code);
    let success = envelope.map(|envelope| envelope.success);
    let either = |status: u16| http == status || body == Some(status);

    if answer.redirected || (300..400).contains(&http) {
        return Meaning::Redirected;
    }
    if either(429) {
        return Meaning::RateLimited;
    }
    if http == 408 || (500..600).contains(&http) {
        return Meaning::Unavailable { retryable: !matches!(http, 501 | 505) };
    }
    if either(401) || success == Some(Success::No) && (either(400) || either(403) || either(422)) {
        return Meaning::Rejected;
    }
    if body.is_some_and(|status| (500..600).contains(&status)) {
        return Meaning::Unavailable { retryable: true };
    }
    // From here on the body decides, so it must be there.
    if let (Body::Interrupted(interruption), 200..300 | 400 | 403 | 422) = (&answer.body, http) {
        return Meaning::Interrupted(*interruption);
    }
    if (400..500).contains(&http) {
        return Meaning::NotTheContract { found: "another failure", retryable: false };
    }
    let found = match &answer.body {
        _ if !(200..300).contains(&http) => "a status that ends no exchange",
        Body::Json(_) if success == Some(Success::Yes) && body.is_none_or(|s| s < 400) => {
            return Meaning::Accepted;
        }
        Body::Json(_) if success == Some(Success::Yes) => {
            return Meaning::NotTheContract {
                found: "`success` with a failure's `statusCode`",
                retryable: false,
            };
        }
        Body::Json(Json::Object(_)) => {
            return Meaning::NotTheContract { found: "no `success: true`", retryable: false };
        }
        Body::Json(other) => other.kind(),
        Body::Other(found) => found,
        Body::Interrupted(_) => "half a body",
    };
    Meaning::NotTheContract { found, retryable: true }
}
