//! The functions of the platform that the shell calls. Every import that can throw is caught:
//! an exception that crosses Wasm frames would leave them half-run.

use gloo_net::http::Headers;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::json::{self, Json, MAX_DEPTH};
use crate::options::Address;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now, catch)]
    fn performance_now() -> Result<f64, JsValue>;

    /// Anything that streams: a `ReadableStream`, by what it does rather than by its class.
    pub type Stream;

    #[wasm_bindgen(method, js_name = getReader, catch)]
    pub fn get_reader(this: &Stream) -> Result<Reader, JsValue>;

    pub type Reader;

    #[wasm_bindgen(method, catch)]
    pub fn read(this: &Reader) -> Result<JsValue, JsValue>;
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
    from_js(&js_sys::JSON::parse(text).ok()?)
}

/// A plain JavaScript value as the core takes it; `None` when it nests too deeply.
pub fn from_js(value: &JsValue) -> Option<Json> {
    nested(value, MAX_DEPTH)
}

fn nested(value: &JsValue, levels: u8) -> Option<Json> {
    if let Some(text) = value.as_string() {
        return Some(Json::Text(text));
    }
    if let Some(number) = value.as_f64() {
        return Some(Json::Number(number));
    }
    if let Some(boolean) = value.as_bool() {
        return Some(Json::Bool(boolean));
    }
    if !value.is_object() {
        return Some(Json::Null);
    }
    let levels = levels.checked_sub(1)?;
    if let Some(array) = value.dyn_ref::<Array>() {
        let mut items = Vec::new();
        for item in array.iter() {
            items.push(nested(&item, levels)?);
        }
        return Some(Json::Array(items));
    }
    let mut members = Vec::new();
    for name in Object::keys(value.unchecked_ref::<Object>()).iter() {
        let member = nested(&Reflect::get(value, &name).ok()?, levels)?;
        let name = name.as_string()?;
        if name != "__proto__" {
            members.push((name, member));
        }
    }
    Some(Json::Object(members))
}

/// Parses an address, as the platform itself would when it fetches it.
pub fn parse_url(text: &str) -> Option<Address> {
    let url = web_sys::Url::new(text).ok()?;
    // One getter for all: each of its own would be an import with a glue of its own.
    let part = |name: &str| get(&url, name).as_string().unwrap_or_default();
    Some(Address {
        href: part("href"),
        scheme: part("protocol").trim_end_matches(':').to_owned(),
        host: part("hostname"),
        origin: part("origin"),
        path: part("pathname"),
        has_user_info: !part("username").is_empty() || !part("password").is_empty(),
    })
}

/// A plain JavaScript value.
pub fn to_js(json: &Json) -> JsValue {
    match json {
        Json::Null => JsValue::NULL,
        Json::Bool(value) => (*value).into(),
        Json::Number(value) => (*value).into(),
        Json::Text(text) => text.as_str().into(),
        Json::Array(items) => {
            let array = Array::new();
            for item in items {
                array.push(&to_js(item));
            }
            array.into()
        }
        Json::Object(members) => {
            let object = Object::new();
            for (name, value) in members {
                set(&object, name, &to_js(value));
            }
            object.into()
        }
    }
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
