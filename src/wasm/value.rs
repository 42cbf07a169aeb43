//! Conversions of values that cross the border between Rust and JavaScript.

use js_sys::{Array, JSON, JsString, Object, Reflect, Symbol};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wasm_bindgen::prelude::*;

use crate::json::Json;
use crate::response::FailedAnswer;

/// Returns a Rust value as a plain JavaScript value. `None` becomes `null`, a map becomes an object.
pub fn to_js(value: &impl Serialize) -> JsValue {
    // Fails only for integers past 2^53. No record of the core has one, so a failure is a bug and traps.
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or_else(|_| wasm_bindgen::throw_str("a record that has no JavaScript form"))
}

/// Returns the record of an error, with the service's details and the exception, if any.
pub fn error_record<V: Serialize>(failure: &FailedAnswer<V>, cause: &JsValue) -> JsValue {
    let record = to_js(&failure.error);
    let errors = failure.errors.as_ref().map_or_else(|| Array::new().into(), to_js);
    set(&record, "errors", &errors);
    if !cause.is_undefined() {
        set(&record, "cause", cause);
    }
    record
}

/// Returns the member `name` of `object`. `undefined` if `object` is not one, or if the read throws.
pub fn get(object: &JsValue, name: &str) -> JsValue {
    // `Reflect` throws for these. Each caught error leaks a slot in wasm-bindgen's table of JavaScript
    // values, for the value that the call did not return (seen in wasm-bindgen 0.2.130).
    if !object.is_object() && !object.is_function() {
        return JsValue::UNDEFINED;
    }
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Returns the own member `name` of `object`. `undefined` if it is absent or inherited.
///
/// # Errors
/// The exception of a getter or a proxy.
pub fn own(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    let name = JsValue::from_str(name);
    let descriptor = Reflect::get_own_property_descriptor(object.unchecked_ref::<Object>(), &name)?;
    if descriptor.is_undefined() { Ok(descriptor) } else { Reflect::get(object, &name) }
}

/// Sets a member of a plain object that the shell has made.
pub fn set(object: &JsValue, name: &str, value: &JsValue) {
    // Setting a member of a plain object never fails.
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

/// Returns an empty object without a prototype.
pub fn bare_object() -> JsValue {
    Object::<JsValue>::create(JsValue::NULL.unchecked_ref()).into()
}

/// Returns the type of a value, in words that quote nothing from it.
pub fn kind(value: &JsValue) -> String {
    if value.is_undefined() {
        return "nothing".to_owned();
    }
    if value.is_null() {
        return "null".to_owned();
    }
    let name = value.js_typeof().as_string().unwrap_or_default();
    let article = if name.starts_with('o') { "an" } else { "a" };
    format!("{article} {name}")
}

/// Returns whether `value` is an instance of the platform's class with that name, of any realm. Workers
/// with a compatibility date before 2024-09-26 lack `Symbol.toStringTag` (`set_tostring_tag`), so the
/// constructor's name counts too.
pub fn is_instance_of(value: &JsValue, class: &str) -> bool {
    let is_named = |name: Option<String>| name.as_deref() == Some(class);
    let tag = || Reflect::get(value, &Symbol::to_string_tag()).ok()?.as_string();
    let constructor = || get(&get(value, "constructor"), "name").as_string();
    value.is_object() && (is_named(tag()) || is_named(constructor()))
}

#[wasm_bindgen]
extern "C" {
    type TextEncoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;
    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, text: &JsString, bytes: &mut [u8]) -> JsValue;
}

/// Returns the bytes of ASCII text. For other text, the bytes are not ASCII or end in zeros. The host
/// writes all bytes at once, and wasm-bindgen would read the string unit by unit. web-sys has no
/// `encodeInto`.
pub fn ascii(text: &JsString) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(text.length()).unwrap_or_default()];
    TextEncoder::new().encode_into(text, &mut bytes);
    bytes
}

/// A JSON value that the host has parsed. It passes through the core unchanged.
#[derive(Clone)]
pub struct JsJson(JsValue);

impl JsJson {
    /// Returns a copy with only the own members, so that a polluted `Object.prototype` adds none.
    fn own_members(&self) -> Option<JsValue> {
        let members = self.0.dyn_ref::<Object>()?;
        Some(Object::assign(bare_object().unchecked_ref(), members).into())
    }
}

impl Json for JsJson {
    fn parse(text: &str) -> Option<Self> {
        // The parser's error is dropped: it quotes the text.
        JSON::parse(text).ok().map(Self)
    }

    fn stringify(&self) -> Option<String> {
        JSON::stringify(&self.0).ok()?.as_string()
    }

    fn kind(&self) -> &'static str {
        let value = &self.0;
        if value.is_null() {
            "null"
        } else if value.as_bool().is_some() {
            "a boolean"
        } else if value.as_f64().is_some() {
            "a number"
        } else if value.is_string() {
            "a string"
        } else if Array::is_array(value) {
            "an array"
        } else {
            "an object"
        }
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        if !self.is_object() {
            return None;
        }
        serde_wasm_bindgen::from_value(self.own_members()?).ok()
    }
}

impl From<JsJson> for JsValue {
    fn from(JsJson(value): JsJson) -> Self {
        value
    }
}

impl<'de> Deserialize<'de> for JsJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_wasm_bindgen::preserve::deserialize(deserializer).map(Self)
    }
}

impl Serialize for JsJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_wasm_bindgen::preserve::serialize(&self.0, serializer)
    }
}
