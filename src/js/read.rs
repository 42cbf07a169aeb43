//! Reads what the caller gave. The TypeScript side has already taken each own property once, so
//! nothing here runs the caller's code.

use js_sys::{Array, Function, Reflect, Symbol};
use wasm_bindgen::prelude::*;

use super::platform::{Signal, get, parse_url};
use crate::error::Error;
use crate::options::{ClientOptions, DEFAULT_ENVIRONMENT, Given, GivenOptions, Options};

/// What an exchange is made with.
pub struct Request {
    pub options: Options,
    pub fetch: Function,
    pub signal: Option<Signal>,
}

/// Reads and checks a snapshot of the caller's options.
pub fn request(snapshot: &JsValue, in_browser: bool) -> Result<Request, Error> {
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
    let signal = signal(&get(snapshot, "signal"))?;
    let fetch = fetch(&get(snapshot, "fetch"))?;
    let options = Options::check(options, &parse_url, in_browser)?;
    Ok(Request { options, fetch, signal })
}

/// What a client is made with: the policy of its lifecycle, and where its `fetch` may go.
pub fn client(snapshot: &JsValue, in_browser: bool) -> Result<(Options, ClientOptions), Error> {
    let Request { options, .. } = request(snapshot, in_browser)?;
    for name in ["onEvent", "waitUntil"] {
        let value = get(snapshot, name);
        if !value.is_undefined() && !value.is_function() {
            return Err(Error::option(name, "a function", kind(&value)));
        }
    }
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

/// The type of a value, in words that hold nothing of it.
pub fn kind(value: &JsValue) -> &'static str {
    if value.is_undefined() {
        "nothing"
    } else if value.is_null() {
        "null"
    } else if value.is_string() {
        "a string"
    } else if value.as_f64().is_some() {
        "a number"
    } else if value.as_bool().is_some() {
        "a boolean"
    } else if value.is_function() {
        "a function"
    } else if value.is_bigint() {
        "a bigint"
    } else if value.is_symbol() {
        "a symbol"
    } else if Array::is_array(value) {
        "an array"
    } else {
        "an object"
    }
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
    match class_of(value).as_deref() {
        Some("URL") => given(&get(value, "href")),
        _ => given(value),
    }
}

fn fetch(value: &JsValue) -> Result<Function, Error> {
    let (value, name) = if value.is_undefined() {
        (get(&js_sys::global(), "fetch"), "a global fetch, or `fetch`")
    } else {
        (value.clone(), "a function")
    };
    let found = kind(&value);
    value.dyn_into().map_err(|_| Error::option("fetch", name, found))
}

fn signal(value: &JsValue) -> Result<Option<Signal>, Error> {
    if value.is_undefined() {
        return Ok(None);
    }
    if get(value, "aborted").as_bool().is_none() || !get(value, "addEventListener").is_function() {
        return Err(Error::option("signal", "an AbortSignal", kind(value)));
    }
    Ok(Some(value.clone().unchecked_into()))
}

/// The name that a platform's class gives its objects, in every realm: `URL`, `Response`.
pub fn class_of(value: &JsValue) -> Option<String> {
    if !value.is_object() {
        return None;
    }
    Reflect::get(value, &Symbol::to_string_tag()).ok()?.as_string()
}
