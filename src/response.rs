//! What an answer of the token endpoint means: a token, or which error.

use crate::envelope::{Data, Envelope, Success};
use crate::error::{Code, Error};
use crate::expiry::Timing;
use crate::json::{Json, Scalar};
use crate::moment::Moment;
use crate::retry_after::{age_ms, date_ms, retry_after_ms};
use crate::secret::{Redaction, Secret, credentials, one_line};
use crate::token::{Defect, Token};

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// How much of the service's own message is passed on, in characters.
const MAX_MESSAGE: usize = 200;

/// How much of the token endpoint's address a message has, in characters.
const MAX_ADDRESS: usize = 200;

/// What was asked for, and where.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The token endpoint.
    pub token_url: &'a str,
    /// The environment that the token must be for.
    pub environment: &'a str,
    /// What no message may show.
    pub redaction: Redaction,
}

impl Asked<'_> {
    /// The message of every error that comes from an answer, or from its absence. It names the host and
    /// the path of the token endpoint, never its query.
    pub fn message(&self, expected: &str, found: &str) -> String {
        let address = self.token_url.trim_start_matches(|c| c != '/').trim_start_matches('/');
        let address = address.split(['?', '#']).next().unwrap_or_default();
        let address = one_line(&self.redaction.text(address.to_owned()), MAX_ADDRESS);
        format!("expected {expected} from {address}, found {found}")
    }
}

/// What came over the wire.
#[derive(Clone, Debug)]
pub struct Answer<'a, V> {
    /// The HTTP status; 0 when the platform hides it.
    pub status: u16,
    /// Whether this is a redirect that the platform hides, or one that it has followed.
    pub redirected: bool,
    /// The `Retry-After` header.
    pub retry_after: Option<&'a str>,
    /// The `Date` header.
    pub date: Option<&'a str>,
    /// The `Age` header: there when a cache has kept the answer.
    pub age: Option<&'a str>,
    /// The body.
    pub body: Body<V>,
    /// When the request was sent.
    pub sent: Moment,
    /// When all of the answer was there.
    pub received: Moment,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Body<V> {
    /// JSON.
    Json(V),
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
        /// That time, in milliseconds.
        after_ms: u32,
    },
}

impl Interruption {
    /// The error that this is when nothing else is known.
    pub fn to_error(self, asked: &Asked<'_>) -> Error {
        let (code, message) = match self {
            Self::Network => {
                let found = "no connection or one that broke";
                (Code::Network, asked.message("an answer", found))
            }
            Self::Timeout { after_ms } => {
                let expected = format!("a whole answer within {after_ms} ms");
                (Code::Timeout, asked.message(&expected, "none"))
            }
        };
        Error { retryable: true, ..Error::new(code, message) }
    }
}

/// An answer that is an error.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedAnswer<V> {
    /// What went wrong.
    pub error: Error,
    /// The details in the answer's body, when there were any: an array, without secrets.
    pub errors: Option<V>,
}

impl<V> From<Error> for FailedAnswer<V> {
    fn from(error: Error) -> Self {
        Self { error, errors: None }
    }
}

/// What the answer means. Nothing of it that is passed on holds one of the secrets of
/// [`Asked::redaction`], or the token of the answer itself.
///
/// # Errors
/// Anything but a token that can be used.
pub fn interpret<V: Json>(
    answer: Answer<'_, V>,
    asked: Asked<'_>,
) -> Result<Token<V>, Box<FailedAnswer<V>>> {
    let reading = Reading::new(answer, asked);
    match reading.meaning() {
        Meaning::Accepted => reading.token(),
        Meaning::Interrupted(interruption) => {
            let Error { code, message, retryable, .. } = interruption.to_error(&reading.asked);
            Err(Box::new(reading.fail(code, retryable, message)))
        }
        Meaning::NotTheContract { found, retryable } => {
            let expected = "the service's envelope with a token";
            Err(Box::new(reading.unexpected(Code::BadResponse, retryable, expected, found)))
        }
        Meaning::Refused { code, retryable, found } => {
            Err(Box::new(reading.unexpected(code, retryable, "a token", found)))
        }
    }
}

/// How the classes of answers differ.
enum Meaning {
    Accepted,
    Interrupted(Interruption),
    NotTheContract { found: &'static str, retryable: bool },
    Refused { code: Code, retryable: bool, found: &'static str },
}

impl Meaning {
    const fn unavailable(retryable: bool) -> Self {
        let found = "a service that can't answer now";
        Self::Refused { code: Code::ServiceUnavailable, retryable, found }
    }
}

/// An answer with what was read of it.
struct Reading<'a, V> {
    answer: Answer<'a, V>,
    envelope: Option<Envelope<V>>,
    date_ms: Option<i64>,
    asked: Asked<'a>,
}

impl<'a, V: Json> Reading<'a, V> {
    fn new(answer: Answer<'a, V>, mut asked: Asked<'a>) -> Self {
        let envelope = match &answer.body {
            Body::Json(json) => Envelope::read(json),
            Body::Other(_) | Body::Interrupted(_) => None,
        };
        let data = envelope.as_ref().and_then(Envelope::data).filter(|data| data.is_object());
        if let Some(Data { token: Scalar::Text(token), .. }) = data.and_then(Json::read) {
            asked.redaction.add(Secret::new(credentials(&token).to_owned()));
            asked.redaction.add(Secret::new(token));
        }
        Self { date_ms: answer.date.and_then(date_ms), answer, envelope, asked }
    }

    /// The first row of the table that fits.
    fn meaning(&self) -> Meaning {
        let http = self.answer.status;
        let body = self.envelope.as_ref().and_then(Envelope::status_code);
        let success = self.envelope.as_ref().map(Envelope::success);
        let either = |status: u16| http == status || body == Some(status);

        if self.answer.redirected || (300..400).contains(&http) {
            let found = "a redirect, which is not followed";
            return Meaning::Refused { code: Code::Redirected, retryable: false, found };
        }
        if either(429) {
            let found = "a request to call less often";
            return Meaning::Refused { code: Code::RateLimited, retryable: true, found };
        }
        if http == 408 || (500..600).contains(&http) {
            return Meaning::unavailable(!matches!(http, 501 | 505));
        }
        let says_no = success == Some(Success::No);
        if either(401) || says_no && (either(400) || either(403) || either(422)) {
            let found = "the keys rejected";
            return Meaning::Refused { code: Code::CredentialsRejected, retryable: false, found };
        }
        if body.is_some_and(|status| (500..600).contains(&status)) {
            return Meaning::unavailable(true);
        }
        // From here on the body decides, so it must be there.
        if let (Body::Interrupted(interruption), 200..300 | 400 | 403 | 422) =
            (&self.answer.body, http)
        {
            return Meaning::Interrupted(*interruption);
        }
        if (400..500).contains(&http) {
            return Meaning::NotTheContract { found: "another failure", retryable: false };
        }
        let (found, retryable) = match &self.answer.body {
            _ if !(200..300).contains(&http) => ("a status that ends no exchange", true),
            Body::Json(_) if success == Some(Success::Yes) && body.is_none_or(|s| s < 400) => {
                return Meaning::Accepted;
            }
            Body::Json(_) if success == Some(Success::Yes) => {
                ("`success` with a failure's `statusCode`", false)
            }
            Body::Json(json) if json.is_object() => ("no `success: true`", false),
            Body::Json(other) => (other.kind(), true),
            Body::Other(found) => (*found, true),
            Body::Interrupted(_) => ("half a body", true),
        };
        Meaning::NotTheContract { found, retryable }
    }

    /// The token of an answer that was accepted.
    fn token(self) -> Result<Token<V>, Box<FailedAnswer<V>>> {
        let timing = self.timing();
        let data = self.envelope.as_ref().and_then(Envelope::data);
        let environment = self.asked.environment;
        Token::read(data, self.correlation_id(), environment, timing).map_err(|refusal| {
            let (code, retryable) = match refusal.defect {
                Defect::Shape => (Code::BadResponse, false),
                Defect::Unusable => (Code::TokenUnusable, false),
                Defect::Late => (Code::TokenUnusable, true),
            };
            let message = self.asked.message(refusal.expected, &refusal.found);
            Box::new(self.fail(code, retryable, message))
        })
    }

    fn timing(&self) -> Timing {
        let Answer { sent, received, age, .. } = self.answer;
        Timing { sent, received, date_ms: self.date_ms, age_ms: age.map_or(0, age_ms) }
    }

    /// An error that tells what the service says of it.
    fn unexpected(
        self,
        code: Code,
        retryable: bool,
        expected: &str,
        found: &str,
    ) -> FailedAnswer<V> {
        let status = self.answer.status;
        let said = self.envelope.as_ref().and_then(Envelope::message).map(|message| {
            let message = self.asked.redaction.text(message.to_owned());
            format!(": {}", one_line(&message, MAX_MESSAGE))
        });
        let said = said.unwrap_or_default();
        let found = format!("{found} (HTTP {status}){said}");
        let message = self.asked.message(expected, &found);
        self.fail(code, retryable, message)
    }

    fn fail(self, code: Code, retryable: bool, message: String) -> FailedAnswer<V> {
        let server_now_ms = self.timing().server_now_ms(None);
        let retry_after = self.answer.retry_after;
        let error = Error {
            code,
            message,
            retryable,
            status: Some(self.answer.status).filter(|status| *status != 0),
            status_code: self.envelope.as_ref().and_then(Envelope::status_code),
            correlation_id: self.correlation_id(),
            retry_after_ms: retry_after.and_then(|header| retry_after_ms(header, server_now_ms)),
        };
        let errors = self.envelope.and_then(Envelope::into_errors);
        let errors = errors.and_then(|errors| self.asked.redaction.json(errors));
        FailedAnswer { error, errors }
    }

    fn correlation_id(&self) -> Option<String> {
        let id = self.envelope.as_ref().and_then(Envelope::correlation_id)?;
        Some(self.asked.redaction.text(id.to_owned()))
    }
}
