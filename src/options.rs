//! What a caller may ask for: checked once, here, with the default and the bounds of everything.

use std::mem;

use zeroize::Zeroizing;

use crate::error::{Code, Error, Result};
use crate::json::whole;
use crate::secret::{Secret, credentials, redact};
use crate::text::{concat, cut, decimal, digits_value};

/// The environment that the contract documents, and the default.
pub const DEFAULT_ENVIRONMENT: &str = "TEST";
/// The token endpoint of [`DEFAULT_ENVIRONMENT`], the only documented one.
pub const DEFAULT_TOKEN_URL: &str = "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token";
/// One attempt, headers and body.
pub const TIMEOUT_MS: Bounds = Bounds { min: 1, max: 120_000, default: 10_000 };
/// More attempts after the first.
pub const RETRIES: Bounds = Bounds { min: 0, max: 10, default: 2 };
/// All attempts and the waits between them.
pub const DEADLINE_MS: Bounds = Bounds { min: 1, max: 600_000, default: 30_000 };
/// Where the service's endpoints are in [`DEFAULT_ENVIRONMENT`].
pub const DEFAULT_BASE_URL: &str =
    "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b";
/// The share of a token's lifetime before which a new one is got.
pub const DEFAULT_REFRESH_AHEAD: f64 = 0.2;
/// The largest such share.
pub const MAX_REFRESH_AHEAD: f64 = 0.9;
/// The longest key or environment, in bytes.
pub const MAX_TEXT: usize = 4_096;

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

/// An option as it was given.
#[derive(Clone, Debug, Default)]
pub enum Given {
    /// Not there, or `undefined`.
    #[default]
    Absent,
    /// A string.
    Text(String),
    /// A number.
    Number(f64),
    /// A boolean.
    Bool(bool),
    /// Anything else, by the name of its type.
    Other(String),
}

impl Given {
    fn kind(&self) -> &str {
        match self {
            Self::Absent => "nothing",
            Self::Text(_) => "a string",
            Self::Number(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::Other(kind) => kind,
        }
    }
}

/// The options as they were given, before anything was checked.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "the names are those of the public options")]
pub struct GivenOptions {
    pub public_key: Given,
    pub private_key: Given,
    pub environment: Given,
    pub token_url: Given,
    pub timeout_ms: Given,
    pub retries: Given,
    pub deadline_ms: Given,
    pub authorization: Given,
    pub dangerously_allow_browser: Given,
}

/// The parts of an address that decide whether keys may be sent to it, as a URL parser found them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The whole address, serialized.
    pub href: String,
    /// `https`, without the colon.
    pub scheme: String,
    /// The host, without a port; an IPv6 address in brackets.
    pub host: String,
    /// Scheme, host and port.
    pub origin: String,
    /// The path, with its leading slash and without dot segments.
    pub path: String,
    /// Whether it holds a user name or a password.
    pub has_user_info: bool,
}

/// Where a URL parser comes from: the platform's in the shell, a test's own on the host.
pub type ParseUrl<'a> = &'a dyn Fn(&str) -> Option<Address>;

/// Options that were checked.
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
    /// How long one attempt may take.
    pub timeout_ms: u32,
    /// How many more attempts may follow the first.
    pub retries: u32,
    /// How long all attempts and waits may take together.
    pub deadline_ms: u32,
    /// The value of an `Authorization` header for the token call itself.
    pub authorization: Option<Secret>,
}

impl Options {
    /// Checks what was given. `in_browser` says whether this is a page or a page's worker.
    ///
    /// # Errors
    /// [`Code::InvalidOptions`] naming the option, [`Code::InsecureUrl`], [`Code::BrowserRefused`].
    pub fn check(
        mut given: GivenOptions,
        parse_url: ParseUrl<'_>,
        in_browser: bool,
    ) -> Result<Self> {
        let public_key = key("publicKey", mem::take(&mut given.public_key))?;
        let private_key = Secret::new(key("privateKey", mem::take(&mut given.private_key))?);
        if public_key.starts_with(PRIVATE_PREFIX) {
            return Err(Error::option("publicKey", "the public key", "a private one (PRIV_KEY_…)"));
        }
        if private_key.expose().starts_with(PUBLIC_PREFIX) {
            return Err(Error::option("privateKey", "the private key", "a public one (PUB_KEY_…)"));
        }
        if public_key == private_key.expose() {
            return Err(Error::option("publicKey", "the public key", "the same as `privateKey`"));
        }
        let environment = match mem::take(&mut given.environment) {
            Given::Absent => DEFAULT_ENVIRONMENT.to_owned(),
            other => key("environment", other)?,
        };
        let token_url = match mem::take(&mut given.token_url) {
            Given::Absent if environment == DEFAULT_ENVIRONMENT => DEFAULT_TOKEN_URL.to_owned(),
            Given::Absent => {
                return Err(Error::option(
                    "tokenUrl",
                    "given when `environment` is not TEST, the only one with a documented address",
                    "nothing",
                ));
            }
            Given::Text(text) => safe_address("tokenUrl", &text, parse_url)?,
            other => return Err(Error::option("tokenUrl", "a string or a URL", other.kind())),
        };
        let timeout_ms = number("timeoutMs", &given.timeout_ms, TIMEOUT_MS)?;
        let retries = number("retries", &given.retries, RETRIES)?;
        let deadline_ms = number("deadlineMs", &given.deadline_ms, DEADLINE_MS)?;
        let authorization = match mem::take(&mut given.authorization) {
            Given::Absent => None,
            other => Some(Secret::new(header_value("authorization", other)?)),
        };
        let allow_browser = match mem::take(&mut given.dangerously_allow_browser) {
            Given::Absent => false,
            Given::Bool(allow) => allow,
            other => {
                return Err(Error::option("dangerouslyAllowBrowser", "a boolean", other.kind()));
            }
        };
        if in_browser && !allow_browser {
            return Err(Error::boxed(
                Code::BrowserRefused,
                "expected a server, found a browser: whoever opens the page can read the private \
                 key. Ask a backend for what needs the token; only a page whose every user may \
                 hold the keys may set `dangerouslyAllowBrowser`"
                    .to_owned(),
            ));
        }
        Ok(Self {
            public_key,
            private_key,
            environment,
            token_url,
            timeout_ms,
            retries,
            deadline_ms,
            authorization,
        })
    }

    /// The body of the exchange: exactly the three members of the contract, in its order.
    pub fn body(&self) -> Zeroizing<String> {
        let members = [
            ("{\"publicKey\":\"", self.public_key.as_str()),
            ("\",\"privateKey\":\"", self.private_key.expose()),
            ("\",\"environment\":\"", self.environment.as_str()),
        ];
        // Room for the longest escape of every byte: growing would leave copies of the key behind.
        let room = members.iter().map(|(name, value)| name.len() + 6 * value.len()).sum::<usize>();
        let mut body = Zeroizing::new(String::with_capacity(room + 2));
        for (name, value) in members {
            body.push_str(name);
            for c in value.chars() {
                match c {
                    '"' => body.push_str("\\\""),
                    '\\' => body.push_str("\\\\"),
                    '\0'..='\x1f' => {
                        body.push_str(if c < '\x10' { "\\u000" } else { "\\u001" });
                        body.extend(char::from_digit(u32::from(c) % 16, 16));
                    }
                    c => body.push(c),
                }
            }
        }
        body.push_str("\"}");
        body
    }

    /// `text` without the private key and the `authorization`, should a server echo them.
    pub fn redact(&self, text: String) -> String {
        let text = redact(text, self.private_key.expose());
        let Some(authorization) = self.authorization.as_ref().map(Secret::expose) else {
            return text;
        };
        redact(redact(text, authorization), credentials(authorization))
    }
}

/// What a client needs beside the [`Options`] of its exchanges.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Where the client's `fetch` may send the token; `None` when that was not said.
    pub base_url: Option<String>,
    /// The share of a token's lifetime before which a new one is got.
    pub refresh_ahead: f64,
}

impl ClientOptions {
    /// Checks what was given. `is_documented` says whether the exchange is the documented one.
    ///
    /// # Errors
    /// [`Code::InvalidOptions`] naming the option, [`Code::InsecureUrl`].
    pub fn check(
        base_url: Given,
        refresh_ahead: &Given,
        is_documented: bool,
        parse_url: ParseUrl<'_>,
    ) -> Result<Self> {
        let base_url = match base_url {
            Given::Absent => is_documented.then(|| DEFAULT_BASE_URL.to_owned()),
            Given::Text(text) => Some(safe_address("baseUrl", &text, parse_url)?),
            other => return Err(Error::option("baseUrl", "a string or a URL", other.kind())),
        };
        let refresh_ahead = match refresh_ahead {
            Given::Absent => DEFAULT_REFRESH_AHEAD,
            Given::Number(share) if (0.0..=MAX_REFRESH_AHEAD).contains(share) => *share,
            Given::Number(_) => {
                return Err(Error::option("refreshAhead", "from 0 to 0.9", "another number"));
            }
            other => return Err(Error::option("refreshAhead", "a number", other.kind())),
        };
        Ok(Self { base_url, refresh_ahead })
    }
}

fn key(name: &str, given: Given) -> Result<String> {
    let Given::Text(text) = given else {
        return Err(Error::option(name, "a string", given.kind()));
    };
    let problem = if text.is_empty() {
        "an empty string"
    } else if text.trim().is_empty() {
        "a blank string"
    } else if text.trim().len() != text.len() {
        "white space at its start or end"
    } else if text.len() > MAX_TEXT {
        "more than 4096 bytes"
    } else {
        return Ok(text);
    };
    drop(Secret::new(text));
    Err(Error::option(name, "a string that is not blank", problem))
}

fn header_value(name: &str, given: Given) -> Result<String> {
    let text = key(name, given)?;
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(text);
    }
    drop(Secret::new(text));
    Err(Error::option(name, "a header's value", "a character that a header can't carry"))
}

fn number(name: &str, given: &Given, bounds: Bounds) -> Result<u32> {
    let Bounds { min, max, default } = bounds;
    let found = match given {
        Given::Absent => return Ok(default),
        Given::Number(number) => match whole(*number) {
            Some(number) => match u32::try_from(number) {
                Ok(number) if (min..=max).contains(&number) => return Ok(number),
                _ => decimal(number),
            },
            None if number.is_nan() => "NaN".to_owned(),
            None if number.fract() == 0.0 || number.is_infinite() => {
                "a number beyond it".to_owned()
            }
            None => "a fraction".to_owned(),
        },
        other => other.kind().to_owned(),
    };
    let (min, max) = (decimal(min.into()), decimal(max.into()));
    Err(Error::option(name, &concat(&["a whole number from ", &min, " to ", &max]), &found))
}

/// The serialized form of `text`, when keys may be sent there: https anywhere, http to a loopback
/// host, and no user info.
fn safe_address(name: &str, text: &str, parse_url: ParseUrl<'_>) -> Result<String> {
    let address = parse_url(text)
        .ok_or_else(|| Error::option(name, "an absolute address", "another text"))?;
    let insecure = |found: &str| {
        Error::boxed(
            Code::InsecureUrl,
            concat(&[
                "`",
                name,
                "` must be https (or http to a loopback host) without user info, found ",
                found,
            ]),
        )
    };
    if address.has_user_info {
        return Err(insecure("a user name or password in it"));
    }
    match address.scheme.as_str() {
        "https" => Ok(address.href),
        "http" if is_loopback(&address.host) => Ok(address.href),
        "http" => Err(insecure("http to another host")),
        _ => Err(insecure("another scheme")),
    }
}

/// Whether a host, as a URL parser serializes it, is this machine and no other
/// ([RFC 6761, section 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost" || name.ends_with(".localhost") || host == "[::1]" || is_loopback_ipv4(host)
}

/// Whether `host` is of the block 127.0.0.0/8, in the form that a URL parser gives it.
fn is_loopback_ipv4(host: &str) -> bool {
    let is_byte = |part: &str| digits_value(part).is_some_and(|value| value < 256);
    let mut rest = host.strip_prefix("127.");
    for _ in 0..2 {
        rest = rest
            .and_then(|rest| cut(rest, "."))
            .filter(|(part, _)| is_byte(part))
            .map(|(_, rest)| rest);
    }
    rest.is_some_and(is_byte)
}
