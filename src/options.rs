//! What a caller may ask for: checked once, here, with the default and the bounds of everything.

mod address;
mod client;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

pub use self::address::Address;
pub use self::client::{ClientOptions, ClientPolicy};
use crate::error::{Code, Error, Result};
use crate::json::{BOOLEAN, NOTHING, NUMBER, TEXT};
use crate::numbers::whole;
use crate::secret::{self, Secret, breaks_line, credentials};

/// The environment that the contract documents, and the default.
pub const DEFAULT_ENVIRONMENT: &str = "TEST";
/// The token endpoint of [`DEFAULT_ENVIRONMENT`], the only documented one.
pub const DEFAULT_TOKEN_URL: &str = "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token";
/// One attempt, headers and body, in milliseconds.
pub const TIMEOUT_MS: Bounds = Bounds { min: 1, max: 120_000, default: 10_000 };
/// More attempts after the first.
pub const RETRIES: Bounds = Bounds { min: 0, max: 10, default: 2 };
/// All attempts and the waits between them, in milliseconds.
pub const DEADLINE_MS: Bounds = Bounds { min: 1, max: 600_000, default: 30_000 };
/// The bounds of how long a client's `fetch` may take until the headers are there, in milliseconds. It has no
/// default: without it, as long as the platform's fetch.
pub const REQUEST_TIMEOUT_MS: RangeInclusive<u32> = 1..=600_000;
/// Where the service's endpoints are in [`DEFAULT_ENVIRONMENT`].
pub const DEFAULT_BASE_URL: &str =
    "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b";
/// The share of a token's lifetime before which a new one is got.
pub const DEFAULT_REFRESH_AHEAD: f64 = 0.2;
/// The largest such share.
pub const MAX_REFRESH_AHEAD: f64 = 0.9;
/// The longest key or environment, in bytes.
pub const MAX_TEXT: usize = 4_096;

const TRIMMED: &str = "without white space at its start or end";

const PUBLIC_PREFIX: &str = "PUB_KEY_";
const PRIVATE_PREFIX: &str = "PRIV_KEY_";

/// The bounds of a whole number and what it is when it is not given.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The smallest that is accepted.
    pub min: u32,
    /// The largest that is accepted.
    pub max: u32,
    /// What an absent option means.
    pub default: u32,
}

impl Bounds {
    const fn range(self) -> RangeInclusive<u32> {
        self.min..=self.max
    }
}

/// The type of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionType {
    /// A string.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
}

impl OptionType {
    /// The type in the words of [`Scalar::kind`](crate::json::Scalar::kind).
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Text => TEXT,
            Self::Number => NUMBER,
            Self::Boolean => BOOLEAN,
        }
    }
}

/// The options that the core checks, by their public names.
pub const OPTION_TYPES: &[(&str, OptionType)] = &[
    ("publicKey", OptionType::Text),
    ("privateKey", OptionType::Text),
    ("environment", OptionType::Text),
    ("tokenUrl", OptionType::Text),
    ("timeoutMs", OptionType::Number),
    ("retries", OptionType::Number),
    ("deadlineMs", OptionType::Number),
    ("authorization", OptionType::Text),
    ("formerSecrets", OptionType::Text),
    ("dangerouslyAllowBrowser", OptionType::Boolean),
    ("baseUrl", OptionType::Text),
    ("refreshAhead", OptionType::Number),
    ("requestTimeoutMs", OptionType::Number),
];

/// What the option `name` must be, in words that follow "must be".
pub fn expected(name: &str) -> String {
    let whole_number = |range: RangeInclusive<u32>| {
        format!("a whole number from {} to {}", range.start(), range.end())
    };
    match name {
        "publicKey" | "privateKey" | "formerSecrets" | "environment" => {
            format!("a string of one line that is not blank, {TRIMMED}")
        }
        "authorization" => format!("a string of printable ASCII that is not blank, {TRIMMED}"),
        "tokenUrl" | "baseUrl" => format!("an absolute address, a string or a URL, {TRIMMED}"),
        "timeoutMs" => whole_number(TIMEOUT_MS.range()),
        "retries" => whole_number(RETRIES.range()),
        "deadlineMs" => whole_number(DEADLINE_MS.range()),
        "requestTimeoutMs" => whole_number(REQUEST_TIMEOUT_MS),
        "dangerouslyAllowBrowser" => "a boolean".to_owned(),
        "refreshAhead" => format!("a number from 0 to {MAX_REFRESH_AHEAD}"),
        _ => "left out".to_owned(),
    }
}

/// The error for an option that is not what it must be: `found`, in words that hold no key.
pub fn unexpected(name: &str, found: &str) -> Box<Error> {
    Error::option(name, &expected(name), found)
}

/// Checks the type of the option `name`: `kind` says what was given, in the words of
/// [`Scalar::kind`](crate::json::Scalar::kind). Every option may be absent here.
///
/// # Errors
/// [`Code::InvalidOptions`] naming the option.
pub fn check_type(name: &str, kind: &str) -> Result<()> {
    let is_right = |(option, of): &(&str, OptionType)| *option == name && of.kind() == kind;
    if kind == NOTHING || OPTION_TYPES.iter().any(is_right) {
        Ok(())
    } else {
        Err(unexpected(name, kind))
    }
}

/// Options as they were given: of the right types ([`OPTION_TYPES`]), and nothing else was checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the names are those of the public options")]
pub struct GivenOptions {
    pub public_key: Option<String>,
    pub private_key: Option<Secret>,
    pub environment: Option<String>,
    pub token_url: Option<String>,
    pub timeout_ms: Option<f64>,
    pub retries: Option<f64>,
    pub deadline_ms: Option<f64>,
    pub authorization: Option<Secret>,
    /// The private key before a rotation, and the last token, one a line. It is not an option of the package: a
    /// client says it.
    pub former_secrets: Option<Secret>,
    pub dangerously_allow_browser: Option<bool>,
    pub base_url: Option<String>,
    pub refresh_ahead: Option<f64>,
    pub request_timeout_ms: Option<f64>,
}

/// Options of an exchange that were checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The merchant's public key.
    pub public_key: String,
    /// The merchant's private key.
    pub private_key: Secret,
    /// The environment that the token must be for.
    pub environment: String,
    /// Where the exchange happens.
    pub token_url: String,
    /// Whether that is the documented address, because no other was given.
    pub is_documented: bool,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: u32,
    /// How many more attempts may follow the first.
    pub retries: u32,
    /// How long all attempts and waits may take together, in milliseconds.
    pub deadline_ms: u32,
    /// The value of an `Authorization` header for the token call itself.
    pub authorization: Option<Secret>,
    /// What must not be shown either, one a line.
    pub former_secrets: Option<Secret>,
}

impl Options {
    /// Checks what was given. The keys and the `authorization` are taken out of it, never copied.
    /// `in_browser` says whether this is a page or a page's worker.
    ///
    /// # Errors
    /// [`Code::InvalidOptions`] naming the option, [`Code::InsecureUrl`], [`Code::BrowserRefused`].
    pub fn check(
        given: &mut GivenOptions,
        parse_url: impl Fn(&str) -> Option<Address>,
        in_browser: bool,
    ) -> Result<Self> {
        let public_key = present("publicKey", given.public_key.take())?;
        check_text("publicKey", &public_key)?;
        let private_key = present("privateKey", given.private_key.take())?;
        check_text("privateKey", private_key.expose())?;
        if public_key.starts_with(PRIVATE_PREFIX) {
            return Err(Error::option("publicKey", "the public key", "a private one (PRIV_KEY_…)"));
        }
        if private_key.expose().starts_with(PUBLIC_PREFIX) {
            return Err(Error::option("privateKey", "the private key", "a public one (PUB_KEY_…)"));
        }
        if public_key == private_key.expose() {
            return Err(Error::option("publicKey", "the public key", "the same as `privateKey`"));
        }
        let environment =
            given.environment.clone().unwrap_or_else(|| DEFAULT_ENVIRONMENT.to_owned());
        check_text("environment", &environment)?;
        let token_url = match &given.token_url {
            Some(text) => safe_address("tokenUrl", text, parse_url)?,
            None if environment == DEFAULT_ENVIRONMENT => DEFAULT_TOKEN_URL.to_owned(),
            None => {
                return Err(Error::option(
                    "tokenUrl",
                    "given when `environment` is not TEST, the only one with a documented address",
                    "nothing",
                ));
            }
        };
        let timeout_ms = whole_number("timeoutMs", given.timeout_ms, TIMEOUT_MS)?;
        let retries = whole_number("retries", given.retries, RETRIES)?;
        let deadline_ms = whole_number("deadlineMs", given.deadline_ms, DEADLINE_MS)?;
        let authorization = given.authorization.take();
        if let Some(authorization) = &authorization {
            check_header("authorization", authorization.expose())?;
        }
        if in_browser && given.dangerously_allow_browser != Some(true) {
            return Err(Error::boxed(
                Code::BrowserRefused,
                "expected a server, found a browser: whoever opens the page can read the private \
                 key. Ask a backend for what needs the token; only a page whose every user may \
                 hold the keys may set `dangerouslyAllowBrowser`"
                    .to_owned(),
            ));
        }
        let is_documented = given.token_url.is_none();
        Ok(Self {
            public_key,
            private_key,
            environment,
            token_url,
            is_documented,
            timeout_ms,
            retries,
            deadline_ms,
            authorization,
            former_secrets: given.former_secrets.take(),
        })
    }

    /// The body of the request: exactly the three members of the contract, in its order. With the
    /// private key in it.
    pub fn request_body(&self) -> impl Serialize {
        RequestBody {
            public_key: &self.public_key,
            private_key: &self.private_key,
            environment: &self.environment,
        }
    }

    /// What must not be shown of an answer, should a server echo it: one secret a line.
    pub fn secrets(&self) -> Secret {
        let key = self.private_key.expose();
        let authorization = self.authorization.as_ref().map_or("", Secret::expose);
        let former = self.former_secrets.as_ref().map_or("", Secret::expose);
        let bare = credentials(authorization);
        Secret::new(format!("{key}\n{authorization}\n{bare}\n{former}"))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestBody<'a> {
    public_key: &'a str,
    #[serde(serialize_with = "secret::serialize_exposed")]
    private_key: &'a Secret,
    environment: &'a str,
}

fn present<T>(name: &str, given: Option<T>) -> Result<T> {
    given.ok_or_else(|| unexpected(name, NOTHING))
}

fn check_text(name: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        Err(unexpected(name, "an empty string"))
    } else if text.trim().is_empty() {
        Err(unexpected(name, "a blank string"))
    } else if text.len() > MAX_TEXT {
        Err(unexpected(name, "more than 4096 bytes"))
    } else {
        check_line(name, text)
    }
}

/// Checks that a text is one line without white space around it. Files and terminals add some, and some
/// editors put a byte order mark before it.
fn check_line(name: &str, text: &str) -> Result<()> {
    if text.trim().len() != text.len() || text.starts_with('\u{feff}') {
        Err(unexpected(name, "white space at its start or end"))
    } else if text.contains(breaks_line) {
        Err(unexpected(name, "a line break or a control character in it"))
    } else {
        Ok(())
    }
}

fn check_header(name: &str, text: &str) -> Result<()> {
    check_text(name, text)?;
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        Ok(())
    } else {
        Err(unexpected(name, "another character"))
    }
}

fn whole_number(name: &str, given: Option<f64>, bounds: Bounds) -> Result<u32> {
    given.map_or(Ok(bounds.default), |number| whole_within(name, number, &bounds.range()))
}

fn whole_within(name: &str, number: f64, range: &RangeInclusive<u32>) -> Result<u32> {
    let found = match whole(number) {
        Some(number) => match u32::try_from(number) {
            Ok(number) if range.contains(&number) => return Ok(number),
            _ => number.to_string(),
        },
        None if number.is_nan() => "NaN".to_owned(),
        None if number.fract() == 0.0 || number.is_infinite() => "a number beyond it".to_owned(),
        None => "a fraction".to_owned(),
    };
    Err(unexpected(name, &found))
}

fn safe_address(
    name: &str,
    text: &str,
    parse_url: impl Fn(&str) -> Option<Address>,
) -> Result<String> {
    check_line(name, text)?; // a URL parser would pass over it
    parse_url(text).ok_or_else(|| unexpected(name, "another text"))?.into_safe(name)
}
