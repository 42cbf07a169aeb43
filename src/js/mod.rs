//! The shell: what the npm package calls, and what touches JavaScript.
//!
//! Everything that crosses over is plain data ([`Json`]); nothing that these exports return lives
//! on in the Wasm instance. They are called by the package's own TypeScript only.

mod exchange;
mod lifecycle;
mod platform;
mod read;
mod watch;

use wasm_bindgen::prelude::*;

use crate::claims::Claims;
use crate::error::Error;
use crate::expiry;
use crate::json::Json;
use crate::scope::{self, Target};

/// One exchange of keys for a token. The promise always resolves, to one of
/// `{token}`, `{error, cause}` and `{aborted}`, where `aborted` is the reason of the caller's signal.
///
/// `options` is a snapshot of the caller's options: plain data, read here once.
#[wasm_bindgen]
pub fn exchange(options: &JsValue, in_browser: bool) -> js_sys::Promise {
    exchange::start(options, in_browser)
}

/// The claims of a token: `{claims}` or `{error}`.
#[wasm_bindgen(js_name = decodeClaims)]
pub fn decode_claims(token: &JsValue) -> JsValue {
    let claims = match token.as_string() {
        Some(token) => Claims::decode(&token, &platform::parse_json),
        None => Err(Claims::bad(read::kind(token))),
    };
    record("claims", claims.map(|claims| claims.as_json().clone()))
}

/// Whether a token counts as expired: `{expired}` or `{error}`.
#[wasm_bindgen(js_name = isExpired)]
pub fn is_expired(expires_at_ms: f64, now_ms: f64, leeway_ms: f64) -> JsValue {
    record("expired", expiry::is_expired(expires_at_ms, now_ms, leeway_ms).map(Json::Bool))
}

/// How long until a token expires: `{ms}` or `{error}`.
#[wasm_bindgen(js_name = expiresInMs)]
pub fn expires_in_ms(expires_at_ms: f64, now_ms: f64) -> JsValue {
    record("ms", expiry::expires_in_ms(expires_at_ms, now_ms).map(Json::Number))
}

/// Where a client's `fetch` sends a request: `{href}`, `{outside}` when that lies outside `base`, or
/// `{error}`.
#[wasm_bindgen]
pub fn resolve(base: &JsValue, input: &str) -> JsValue {
    let found = scope::resolve(base.as_string().as_deref(), input, &platform::parse_url);
    match found {
        Ok(Target { href, inside: true }) => record("href", Ok(Json::Text(href))),
        Ok(Target { href, inside: false }) => record("outside", Ok(Json::Text(href))),
        Err(error) => record("href", Err(error)),
    }
}

/// The error for a token that would leave where it belongs.
#[wasm_bindgen(js_name = forbiddenOrigin)]
pub fn forbidden_origin() -> JsValue {
    platform::to_js(&scope::forbidden().to_json())
}

/// The error for a client that was closed.
#[wasm_bindgen]
pub fn closed() -> JsValue {
    platform::to_js(&Error::closed().to_json())
}

/// The error for an option that the TypeScript side could not read.
#[wasm_bindgen(js_name = invalidOption)]
pub fn invalid_option(name: &str, expected: &str, found: &str) -> JsValue {
    platform::to_js(&Error::option(name, expected, found).to_json())
}

fn record(name: &str, result: Result<Json, Error>) -> JsValue {
    let (name, value) = match result {
        Ok(value) => (name, value),
        Err(error) => ("error", error.to_json()),
    };
    platform::to_js(&Json::Object(vec![(name.to_owned(), value)]))
}
