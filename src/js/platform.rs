//! The functions of the platform that the shell calls. Every import that can throw is caught:
//! an exception that crosses Wasm frames would leave them half-run.

use gloo_net::http::Headers;
use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::{Deserializer, Serializer};
use wasm_bindgen::prelude::*;

use crate::json::{self, Json};
use crate::options::Address;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now, catch)]
    fn performance_now() -> Result<f64, JsValue>;

    #[wasm_bindgen(js_name = setTimeout, catch)]
    pub fn set_timeout(callback: &Function, ms: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = clearTimeout, catch)]
    pub fn clear_timeout(timer: &JsValue) -> Result<(), JsValue>;

    /// Anything that streams: a `ReadableStream`, by what it does rather than by its class.
    pub type Stream;

    #[wasm_bindgen(method, js_name = getReader, catch)]
    pub fn get_reader(this: &Stream) -> Result<Reader, JsValue>;

    pub type Reader;

    #[wasm_bindgen(method, catch)]
    pub fn read(this: &Reader) -> Result<Promise, JsValue>;

    /// An `EventTarget` with a state: an `AbortSignal` of any realm.
    #[derive(Clone)]
    pub type Signal;

    #[wasm_bindgen(method, js_name = addEventListener, catch)]
    pub fn listen(this: &Signal, event: &str, listener: &Function) -> Result<(), JsValue>;

    #[wasm_bindgen(method, js_name = removeEventListener, catch)]
    pub fn unlisten(this: &Signal, event: &str, listener: &Function) -> Result<(), JsValue>;
}

/// The member `name` of `object`; `undefined` when reading it throws.
pub fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a member of an object that the shell itself has made.
pub fn set(object: &Object, name: &str, value: &JsValue) {
    // A plain object takes any member.
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

/// The wall clock, in epoch milliseconds.
pub fn wall_ms() -> i64 {
    json::floor(js_sys::Date::now()).unwrap_or_default()
}

/// A clock that does not jump, in milliseconds, or the wall clock where there is none.
pub fn steady_ms() -> i64 {
    json::floor(performance_now().unwrap_or_else(|_| js_sys::Date::now())).unwrap_or_default()
}

/// Parses JSON. Why it could not be parsed is not told: the reason would quote the text.
pub fn parse_json(text: &str) -> Option<Json> {
    let value = js_sys::JSON::parse(text).ok()?;
    Json::deserialize(Deserializer::from(value)).ok()
}

/// Parses an address, as the platform itself would when it fetches it.
pub fn parse_url(text: &str) -> Option<Address> {
    let url = web_sys::Url::new(text).ok()?;
    let scheme = url.protocol().trim_end_matches(':').to_owned();
    let has_user_info = !url.username().is_empty() || !url.password().is_empty();
    Some(Address {
        href: url.href(),
        scheme,
        host: url.hostname(),
        origin: url.origin(),
        path: url.pathname(),
        has_user_info,
    })
}

/// A plain JavaScript value.
pub fn to_js(json: &Json) -> JsValue {
    // Fails only for a map whose keys are no strings, which Json can't hold.
    json.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// The headers of the exchange.
pub fn headers(authorization: Option<&str>) -> web_sys::Headers {
    let headers = Headers::new();
    headers.set("Content-Type", "application/json");
    headers.set("Accept", "application/json");
    if let Some(authorization) = authorization {
        headers.set("Authorization", authorization);
    }
    headers.into_raw()
}

/// The bytes of a chunk that a stream gave, when that is what it is.
pub fn bytes(chunk: &JsValue) -> Option<Uint8Array> {
    chunk.dyn_ref::<Uint8Array>().cloned()
}
