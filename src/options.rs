//! The options of an exchange, with their defaults and bounds, and their validation.

mod address;
mod checks;
mod client;
mod types;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

pub use self::address::Address;
use self::checks::{check_header, check_text, required, safe_address, whole_number};
pub use self::client::{ClientOptions, ClientPolicy};
pub use self::types::{OPTION_TYPES, OptionType, check_type, expected, invalid_option};
use crate::error::{Code, Error, Result};
use crate::secret::{self, Secret, without_scheme};

/// The default environment, the only one in the API's contract.
pub const DEFAULT_ENVIRONMENT: &str = "TEST";
/// The token endpoint of [`DEFAULT_ENVIRONMENT`] (the API's contract).
pub const DEFAULT_TOKEN_URL: &str = "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token";
/// The bounds of the time for one attempt, headers and body, in milliseconds.
pub const TIMEOUT_MS: Bounds = Bounds { min: 1, max: 120_000, default: 10_000 };
/// The bounds of the number of attempts after the first.
pub const RETRIES: Bounds = Bounds { min: 0, max: 10, default: 2 };
/// The bounds of the time for all attempts and waits together, in milliseconds.
pub const DEADLINE_MS: Bounds = Bounds { min: 1, max: 600_000, default: 30_000 };
/// The bounds of the time until a `client.fetch` has the answer's headers, in milliseconds. There is no
/// default: without this option, the platform's fetch decides.
pub const REQUEST_TIMEOUT_MS: RangeInclusive<u32> = 1..=600_000;
/// The base URL of the service in [`DEFAULT_ENVIRONMENT`] (the API's contract).
pub const DEFAULT_BASE_URL: &str =
    "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b";
/// The default of `refreshAhead`: the share of a token's lifetime that is left when its refresh begins.
pub const DEFAULT_REFRESH_AHEAD: f64 = 0.2;
/// The largest `refreshAhead`.
pub const MAX_REFRESH_AHEAD: f64 = 0.9;
/// The longest key, environment or `authorization`, in bytes.
pub const MAX_TEXT: usize = 4_096;

const PUBLIC_PREFIX: &str = "PUB_KEY_";
const PRIVATE_PREFIX: &str = "PRIV_KEY_";

/// The bounds and the default of a whole number.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The smallest accepted value.
    pub min: u32,
    /// The largest accepted value.
    pub max: u32,
    /// The value of an absent option.
    pub default: u32,
}

impl Bounds {
    const fn range(self) -> RangeInclusive<u32> {
        self.min..=self.max
    }
}

/// Options from the caller. Their types are checked ([`OPTION_TYPES`]), their values are not.
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
    /// More secrets to redact, one per line: the private key before a rotation, and the last token. A
    /// client sets this. It is not a public option.
    pub former_secrets: Option<Secret>,
    pub dangerously_allow_browser: Option<bool>,
    pub base_url: Option<String>,
    pub refresh_ahead: Option<f64>,
    pub request_timeout_ms: Option<f64>,
}

/// Validated options of an exchange.
#[derive(Clone, Debug)]
pub struct Options {
    /// The merchant's public key, at most [`MAX_TEXT`] bytes.
    pub public_key: String,
    /// The merchant's private key, at most [`MAX_TEXT`] bytes.
    pub private_key: Secret,
    /// The environment that the token must be for, at most [`MAX_TEXT`] bytes.
    pub environment: String,
    /// The token endpoint: https, or http to a loopback host.
    pub token_url: String,
    /// True if that is the documented one, because no `tokenUrl` was given.
    pub is_documented: bool,
    /// How long one attempt may take, in milliseconds, within [`TIMEOUT_MS`].
    pub timeout_ms: u32,
    /// How many attempts may follow the first, within [`RETRIES`].
    pub retries: u32,
    /// How long all attempts and waits may take together, in milliseconds, within [`DEADLINE_MS`].
    pub deadline_ms: u32,
    /// The `Authorization` header of the token request (RFC 9110, section 11.6.2), at most [`MAX_TEXT`] bytes.
    pub authorization: Option<Secret>,
    /// More secrets to redact, one per line.
    pub former_secrets: Option<Secret>,
}

impl Options {
    /// Validates options. Moves the secrets out of `given` without a copy. `in_browser` is whether this
    /// is a page or a page's worker.
    ///
    /// # Errors
    /// [`Code::InvalidOptions`] with the option's name, [`Code::InsecureUrl`], [`Code::BrowserRefused`].
    pub fn check(
        given: &mut GivenOptions,
        parse_url: impl Fn(&str) -> Option<Address>,
        in_browser: bool,
    ) -> Result<Self> {
        let public_key = required("publicKey", given.public_key.take())?;
        check_text("publicKey", &public_key)?;
        let private_key = required("privateKey", given.private_key.take())?;
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
                "expected a server, found a browser: every user of the page can read the private \
                 key. Call the service from a backend. Set `dangerouslyAllowBrowser` only if all \
                 users may hold the keys"
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

    /// Returns the request's body, with the private key: the three members of the contract, in its
    /// order.
    pub fn request_body(&self) -> impl Serialize {
        RequestBody {
            public_key: &self.public_key,
            private_key: &self.private_key,
            environment: &self.environment,
        }
    }

    /// Returns all secrets to redact in an answer, one per line.
    pub fn secrets(&self) -> Secret {
        let key = self.private_key.expose();
        let authorization = self.authorization.as_ref().map_or("", Secret::expose);
        let former = self.former_secrets.as_ref().map_or("", Secret::expose);
        let bare = without_scheme(authorization);
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
