//! Reads what the caller gave. The TypeScript side has already taken each own property once, so
//! nothing here runs the caller's code.

use js_sys::{Function, Reflect, Symbol};
use wasm_bindgen::prelude::*;

use super::platform::{get, parse_url};
use crate::error::{Error, Result};
use crate::options::{ClientOptions, DEFAULT_ENVIRONMENT, Given, GivenOptions, Options};
use crate::text::concat;

/// What an exchange is made with.
pub struct Request {
    pub options: Options,
    pub fetch: Function,
    pub signal: JsValue,
}

/// Reads and checks a snapshot of the caller's options.
pub fn request(snapshot: &JsValue, in_browser: bool) -> Result<Request> {
    let option = |name: &str| given(&get(snapshot, name));
    let options = GivenOptions {
        public_key: option("publicKey"),
        private_key: option("privateKey"),
        environment: option("environment"),
        token_url: address(&get(snapshot, "tokenUrl")),
        timeout_ms: option("timeoutMs"),
        retries: option("retries"),
        deadline_ms: option("deadlineMs"),
        authorization: option("authorization"),
        dangerously_allow_browser: option("dangerouslyAllowBrowser"),
    };
    let options = Options::check(options, &parse_url, in_browser)?;
    let fetch = get(snapshot, "fetch").unchecked_into();
    Ok(Request { options, fetch, signal: get(snapshot, "signal") })
}

/// What a client is made with: the policy of its lifecycle, and where its `fetch` may go.
pub fn client(snapshot: &JsValue, in_browser: bool) -> Result<(Options, ClientOptions)> {
    let Request { options, .. } = request(snapshot, in_browser)?;
    let is_documented =
        options.environment == DEFAULT_ENVIRONMENT && get(snapshot, "tokenUrl").is_undefined();
    let client = ClientOptions::check(
        address(&get(snapshot, "baseUrl")),
        &given(&get(snapshot, "refreshAhead")),
        is_documented,
        &parse_url,
    )?;
    Ok((options, client))
}

/// Where the `fetch` of a client that has no keys may go.
pub fn keyless(snapshot: &JsValue) -> Result<String> {
    let base_url = address(&get(snapshot, "baseUrl"));
    let client = ClientOptions::check(base_url, &Given::Absent, false, &parse_url)?;
    client.base_url.ok_or_else(|| Error::option("baseUrl", "a string or a URL", "nothing"))
}

/// The type of a value, in words that hold nothing of it.
pub fn kind(value: &JsValue) -> String {
    if value.is_undefined() {
        return "nothing".to_owned();
    }
    if value.is_null() {
        return "null".to_owned();
    }
    let name = value.js_typeof().as_string().unwrap_or_default();
    concat(&[if name.starts_with('o') { "an " } else { "a " }, &name])
}

fn given(value: &JsValue) -> Given {
    if value.is_undefined() {
        Given::Absent
    } else if let Some(text) = value.as_string() {
        Given::Text(text)
    } else if let Some(number) = value.as_f64() {
        Given::Number(number)
    } else if let Some(boolean) = value.as_bool() {
        Given::Bool(boolean)
    } else {
        Given::Other(kind(value))
    }
}

/// A string, or a `URL` of any realm.
fn address(value: &JsValue) -> Given {
    if is_a(value, "URL") { given(&get(value, "href")) } else { given(value) }
}

/// Whether a value is of the platform's class of that name, of whichever realm. Workers with a
/// compatibility date before 2024-09-26 lack the tag (`set_tostring_tag`).
pub fn is_a(value: &JsValue, class: &str) -> bool {
    let is_named = |name: Option<String>| name.as_deref() == Some(class);
    let tag = || Reflect::get(value, &Symbol::to_string_tag()).ok()?.as_string();
    let constructor = || get(&get(value, "constructor"), "name").as_string();
    value.is_object() && (is_named(tag()) || is_named(constructor()))
}
