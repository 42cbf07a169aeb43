//! Turns an answer of the token endpoint into a token or an error.

use crate::clock_readings::ClockReadings;
use crate::envelope::{Envelope, Success, TokenData};
use crate::error::{Code, Error};
use crate::expiry::Timing;
use crate::http_time::{age_ms, date_ms, retry_after_ms};
use crate::json::{Json, Scalar};
use crate::secret::{Redaction, Secret, without_scheme};
use crate::text::one_line;
use crate::token::{InvalidTokenKind, Token};

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// How much of the service's message an error quotes, in characters.
const MAX_MESSAGE: usize = 200;

/// How much of the token endpoint's address an error quotes, in characters.
const MAX_ADDRESS: usize = 200;

/// The request that an answer is for.
#[derive(Clone, Debug)]
pub struct RequestContext<'a> {
    /// The token endpoint.
    pub token_url: &'a str,
    /// The environment that the token must be for.
    pub environment: &'a str,
    /// The secrets that no error may show.
    pub redaction: Redaction,
}

impl RequestContext<'_> {
    /// Returns the message of an error: the expected and the found value, and the host and path of the
    /// token endpoint. The address's query is left out.
    pub fn message(&self, expected: &str, found: &str) -> String {
        let address = self.token_url.trim_start_matches(|c| c != '/').trim_start_matches('/');
        let address = address.split(['?', '#']).next().unwrap_or_default();
        let address = one_line(&self.redaction.text(address.to_owned()), MAX_ADDRESS);
        format!("expected {expected} from {address}, found {found}")
    }
}

/// An answer of the token endpoint.
#[derive(Clone, Debug)]
pub struct Answer<'a, V> {
    /// The HTTP status (RFC 9110, section 15). 0 if the platform hides it.
    pub status: u16,
    /// True if the platform hides a redirect or has followed one.
    pub redirected: bool,
    /// The `Retry-After` header (RFC 9110, section 10.2.3).
    pub retry_after: Option<&'a str>,
    /// The `Date` header (RFC 9110, section 6.6.1).
    pub date: Option<&'a str>,
    /// The `Age` header (RFC 9111, section 5.1). A cache sets it.
    pub age: Option<&'a str>,
    /// The body.
    pub body: Body<V>,
    /// When the request was sent.
    pub sent: ClockReadings,
    /// When the whole answer had arrived.
    pub received: ClockReadings,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Body<V> {
    /// JSON.
    Json(V),
    /// Not JSON. The words say why and quote nothing from the body.
    Other(&'static str),
    /// The body broke off.
    Interrupted(Interruption),
}

/// Why there is no complete answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The transport failed.
    Network,
    /// The attempt has timed out.
    Timeout {
        /// The timeout, in milliseconds.
        after_ms: u32,
    },
}

impl Interruption {
    /// Returns the error for an exchange without an answer.
    pub fn to_error(self, context: &RequestContext<'_>) -> Error {
        let (code, message) = match self {
            Self::Network => {
                let found = "no connection or one that broke";
                (Code::Network, context.message("an answer", found))
            }
            Self::Timeout { after_ms } => {
                let expected = format!("a whole answer within {after_ms} ms");
                (Code::Timeout, context.message(&expected, "none"))
            }
        };
        Error { retryable: true, ..Error::new(code, message) }
    }
}

/// An answer that is an error.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedAnswer<V> {
    /// The error.
    pub error: Error,
    /// The details in the answer's body: an array, without secrets. `None` if there were none.
    pub errors: Option<V>,
}

impl<V> From<Error> for FailedAnswer<V> {
    fn from(error: Error) -> Self {
        Self { error, errors: None }
    }
}

/// Returns the token of an answer. Errors hold neither a secret of [`RequestContext::redaction`] nor
/// the answer's own token.
///
/// # Errors
/// The answer has no usable token.
pub fn interpret<V: Json>(
    answer: Answer<'_, V>,
    context: RequestContext<'_>,
) -> Result<Token<V>, Box<FailedAnswer<V>>> {
    let parsed = ParsedAnswer::new(answer, context);
    match parsed.class() {
        AnswerClass::Accepted => parsed.token(),
        AnswerClass::Interrupted(interruption) => {
            let Error { code, message, retryable, .. } = interruption.to_error(&parsed.context);
            Err(Box::new(parsed.failure(code, retryable, message)))
        }
        AnswerClass::BadResponse { found, retryable } => {
            let expected = "the service's envelope with a token";
            Err(Box::new(parsed.failure_with_message(
                Code::BadResponse,
                retryable,
                expected,
                found,
            )))
        }
        AnswerClass::Failed { code, retryable, found } => {
            Err(Box::new(parsed.failure_with_message(code, retryable, "a token", found)))
        }
    }
}

/// The class of an answer.
enum AnswerClass {
    Accepted,
    Interrupted(Interruption),
    BadResponse { found: &'static str, retryable: bool },
    Failed { code: Code, retryable: bool, found: &'static str },
}

impl AnswerClass {
    const fn unavailable(retryable: bool) -> Self {
        let found = "a service that can't answer now";
        Self::Failed { code: Code::ServiceUnavailable, retryable, found }
    }
}

/// An answer and the parts that were read from it.
struct ParsedAnswer<'a, V> {
    answer: Answer<'a, V>,
    envelope: Option<Envelope<V>>,
    date_ms: Option<i64>,
    context: RequestContext<'a>,
}

impl<'a, V: Json> ParsedAnswer<'a, V> {
    fn new(answer: Answer<'a, V>, mut context: RequestContext<'a>) -> Self {
        let envelope = match &answer.body {
            Body::Json(json) => Envelope::read(json),
            Body::Other(_) | Body::Interrupted(_) => None,
        };
        let data = envelope.as_ref().and_then(Envelope::data).filter(|data| data.is_object());
        if let Some(TokenData { token: Scalar::Text(token), .. }) = data.and_then(Json::read) {
            context.redaction.add(Secret::new(without_scheme(&token).to_owned()));
            context.redaction.add(Secret::new(token));
        }
        Self { date_ms: answer.date.and_then(date_ms), answer, envelope, context }
    }

    /// Returns the class of the answer: the first rule that matches counts.
    fn class(&self) -> AnswerClass {
        let http = self.answer.status;
        let body = self.envelope.as_ref().and_then(Envelope::status_code);
        let success = self.envelope.as_ref().map(Envelope::success);
        let either = |status: u16| http == status || body == Some(status);

        if self.answer.redirected || (300..400).contains(&http) {
            let found = "a redirect, which is not followed";
            return AnswerClass::Failed { code: Code::Redirected, retryable: false, found };
        }
        if either(429) {
            let found = "a request to call less often";
            return AnswerClass::Failed { code: Code::RateLimited, retryable: true, found };
        }
        if http == 408 || (500..600).contains(&http) {
            return AnswerClass::unavailable(!matches!(http, 501 | 505));
        }
        let says_no = success == Some(Success::No);
        if either(401) || says_no && (either(400) || either(403) || either(422)) {
            let found = "the keys rejected";
            return AnswerClass::Failed {
                code: Code::CredentialsRejected,
                retryable: false,
                found,
            };
        }
        if body.is_some_and(|status| (500..600).contains(&status)) {
            return AnswerClass::unavailable(true);
        }
        // From here on the body decides, so it must be complete.
        if let (Body::Interrupted(interruption), 200..300 | 400 | 403 | 422) =
            (&self.answer.body, http)
        {
            return AnswerClass::Interrupted(*interruption);
        }
        if (400..500).contains(&http) {
            return AnswerClass::BadResponse { found: "another failure", retryable: false };
        }
        let (found, retryable) = match &self.answer.body {
            _ if !(200..300).contains(&http) => ("a status that ends no exchange", true),
            Body::Json(_) if success == Some(Success::Yes) && body.is_none_or(|s| s < 400) => {
                return AnswerClass::Accepted;
            }
            Body::Json(_) if success == Some(Success::Yes) => {
                ("`success` with a failure's `statusCode`", false)
            }
            Body::Json(json) if json.is_object() => ("no `success: true`", false),
            Body::Json(other) => (other.kind(), true),
            Body::Other(found) => (*found, true),
            Body::Interrupted(_) => ("half a body", true),
        };
        AnswerClass::BadResponse { found, retryable }
    }

    /// Returns the token of an accepted answer.
    fn token(self) -> Result<Token<V>, Box<FailedAnswer<V>>> {
        let timing = self.timing();
        let data = self.envelope.as_ref().and_then(Envelope::data);
        let environment = self.context.environment;
        Token::read(data, self.correlation_id(), environment, timing).map_err(|invalid| {
            let (code, retryable) = match invalid.kind {
                InvalidTokenKind::Shape => (Code::BadResponse, false),
                InvalidTokenKind::Unusable => (Code::TokenUnusable, false),
                InvalidTokenKind::ExpiredOnArrival => (Code::TokenUnusable, true),
            };
            let message = self.context.message(invalid.expected, &invalid.found);
            Box::new(self.failure(code, retryable, message))
        })
    }

    fn timing(&self) -> Timing {
        let Answer { sent, received, age, .. } = self.answer;
        Timing { sent, received, date_ms: self.date_ms, age_ms: age.map_or(0, age_ms) }
    }

    /// Returns an error that quotes the service's message.
    fn failure_with_message(
        self,
        code: Code,
        retryable: bool,
        expected: &str,
        found: &str,
    ) -> FailedAnswer<V> {
        let status = self.answer.status;
        let said = self.envelope.as_ref().and_then(Envelope::message).map(|message| {
            let message = self.context.redaction.text(message.to_owned());
            format!(": {}", one_line(&message, MAX_MESSAGE))
        });
        let said = said.unwrap_or_default();
        let found = format!("{found} (HTTP {status}){said}");
        let message = self.context.message(expected, &found);
        self.failure(code, retryable, message)
    }

    fn failure(self, code: Code, retryable: bool, message: String) -> FailedAnswer<V> {
        let service_now_ms = self.timing().service_now_ms(None);
        let retry_after = self.answer.retry_after;
        let error = Error {
            code,
            message,
            retryable,
            status: Some(self.answer.status).filter(|status| *status != 0),
            status_code: self.envelope.as_ref().and_then(Envelope::status_code),
            correlation_id: self.correlation_id(),
            retry_after_ms: retry_after.and_then(|header| retry_after_ms(header, service_now_ms)),
        };
        let errors = self.envelope.and_then(Envelope::into_errors);
        let errors = errors.and_then(|errors| self.context.redaction.json(errors));
        FailedAnswer { error, errors }
    }

    fn correlation_id(&self) -> Option<String> {
        let id = self.envelope.as_ref().and_then(Envelope::correlation_id)?;
        Some(self.context.redaction.text(id.to_owned()))
    }
}
