//! The options of a client, beside those of its exchanges.

use serde::Serialize;

use super::checks::{safe_address, whole_within};
use super::{
    Address, DEFAULT_BASE_URL, DEFAULT_REFRESH_AHEAD, GivenOptions, MAX_REFRESH_AHEAD, Options,
    REQUEST_TIMEOUT_MS, invalid_option,
};
use crate::error::Result;

/// Validated options of a client, beside the [`Options`] of its exchanges.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The base URL of the client's `fetch`. `None` if none was given and none is documented.
    pub base_url: Option<String>,
    /// The share of a token's lifetime that is left when its refresh begins.
    pub refresh_ahead: f64,
}

impl ClientOptions {
    /// Validates options. `is_documented` is whether the token endpoint is the documented one.
    ///
    /// # Errors
    /// [`Code::InvalidOptions`](crate::error::Code::InvalidOptions) with the option's name,
    /// [`Code::InsecureUrl`](crate::error::Code::InsecureUrl).
    pub fn check(
        given: &GivenOptions,
        is_documented: bool,
        parse_url: impl Fn(&str) -> Option<Address>,
    ) -> Result<Self> {
        let base_url = match &given.base_url {
            Some(text) => Some(safe_address("baseUrl", text, parse_url)?),
            None => is_documented.then(|| DEFAULT_BASE_URL.to_owned()),
        };
        let refresh_ahead = given.refresh_ahead.unwrap_or(DEFAULT_REFRESH_AHEAD);
        if !(0.0..=MAX_REFRESH_AHEAD).contains(&refresh_ahead) {
            return Err(invalid_option("refreshAhead", "another number"));
        }
        if let Some(ms) = given.request_timeout_ms {
            whole_within("requestTimeoutMs", ms, &REQUEST_TIMEOUT_MS)?;
        }
        Ok(Self { base_url, refresh_ahead })
    }
}

/// The validated options of a client, with every default and without secrets.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "as in `Options` and `ClientOptions`")]
pub struct ClientPolicy<'a> {
    pub timeout_ms: u32,
    pub retries: u32,
    pub deadline_ms: u32,
    pub refresh_ahead: f64,
    /// True if the client has a store for tokens.
    pub has_store: bool,
    pub base_url: Option<&'a str>,
    pub token_url: &'a str,
    pub environment: &'a str,
}

impl<'a> ClientPolicy<'a> {
    /// Returns the policy of a client with these options.
    pub fn new(options: &'a Options, client: &'a ClientOptions, has_store: bool) -> Self {
        Self {
            timeout_ms: options.timeout_ms,
            retries: options.retries,
            deadline_ms: options.deadline_ms,
            refresh_ahead: client.refresh_ahead,
            has_store,
            base_url: client.base_url.as_deref(),
            token_url: &options.token_url,
            environment: &options.environment,
        }
    }
}
