//! What a client is made with, beside the options of its exchanges.

use serde::Serialize;

use super::{
    Address, DEFAULT_BASE_URL, DEFAULT_REFRESH_AHEAD, GivenOptions, MAX_REFRESH_AHEAD, Options,
    REQUEST_TIMEOUT_MS, safe_address, unexpected, whole_within,
};
use crate::error::Result;

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
    /// [`Code::InvalidOptions`](crate::error::Code::InvalidOptions) naming the option, [`Code::InsecureUrl`](crate::error::Code::InsecureUrl).
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
            return Err(unexpected("refreshAhead", "another number"));
        }
        if let Some(ms) = given.request_timeout_ms {
            whole_within("requestTimeoutMs", ms, &REQUEST_TIMEOUT_MS)?;
        }
        Ok(Self { base_url, refresh_ahead })
    }
}

/// What a client goes by: its checked options, every default filled in, and no secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "as in `Options` and `ClientOptions`")]
pub struct ClientPolicy<'a> {
    pub timeout_ms: u32,
    pub retries: u32,
    pub deadline_ms: u32,
    pub refresh_ahead: f64,
    /// Whether the client has a store for tokens.
    pub has_store: bool,
    pub base_url: Option<&'a str>,
    pub token_url: &'a str,
    pub environment: &'a str,
}

impl<'a> ClientPolicy<'a> {
    /// The policy of a client with these options.
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
