//! Values that cross the border between Rust and JavaScript.

use js_sys::{Array, JSON, JsString, Object, Reflect, Symbol};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wasm_bindgen::prelude::*;

use crate::json::Json;
use crate::response::FailedAnswer;

/// A plain JavaScript value of a Rust one. Absent values are `null`, maps are objects.
pub fn to_js(value: &impl Serialize) -> JsValue {
    // Fails for whole numbers past 2^53 only, and no record of the core has one. A defect here is a trap.
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or_else(|_| wasm_bindgen::throw_str("a record that has no JavaScript form"))
}

/// The record of an error, with the details that the service gave and what was thrown, if anything.
pub fn error_record<V: Serialize>(failure: &FailedAnswer<V>, cause: &JsValue) -> JsValue {
    let record = to_js(&failure.error);
    let errors = failure.errors.as_ref().map_or_else(|| Array::new().into(), to_js);
    set(&record, "errors", &errors);
    if !cause.is_undefined() {
        set(&record, "cause", cause);
    }
    record
}

/// The member `name` of `object`; `undefined` when it is no object, or reading it throws.
pub fn get(object: &JsValue, name: &str) -> JsValue {
    // Not left to `Reflect`, which throws: each error that is caught keeps a place in wasm-bindgen's table of
    // JavaScript values for ever, for the value that the call did not return (seen in wasm-bindgen 0.2.130).
    if !object.is_object() && !object.is_function() {
        return JsValue::UNDEFINED;
    }
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// The member `name` that `object` has itself; `undefined` when it only inherits one.
///
/// # Errors
/// What a getter or a proxy has thrown.
pub fn own(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    let name = JsValue::from_str(name);
    let descriptor = Reflect::get_own_property_descriptor(object.unchecked_ref::<Object>(), &name)?;
    if descriptor.is_undefined() { Ok(descriptor) } else { Reflect::get(object, &name) }
}

/// Sets a member of a plain object that the shell itself has made.
pub fn set(object: &JsValue, name: &str, value: &JsValue) {
    // A plain object takes any member.
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

/// An object that inherits nothing.
pub fn bare_object() -> JsValue {
    Object::<JsValue>::create(JsValue::NULL.unchecked_ref()).into()
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
    let article = if name.starts_with('o') { "an" } else { "a" };
    format!("{article} {name}")
}

/// Whether a value is of the platform's class of that name, of whichever realm. Workers with a
/// compatibility date before 2024-09-26 lack the tag (`set_tostring_tag`).
pub fn is_a(value: &JsValue, class: &str) -> bool {
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

/// The bytes of text that should be ASCII: other text becomes bytes that aren't ASCII or end in zeros. The host writes
/// them in one go, where wasm-bindgen reads a string unit by unit. web-sys has no `encodeInto`.
pub fn ascii(text: &JsString) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(text.length()).unwrap_or_default()];
    TextEncoder::new().encode_into(text, &mut bytes);
    bytes
}

/// JSON as the host has parsed it. It goes through the core as it is.
#[derive(Clone)]
pub struct JsJson(JsValue);

impl JsJson {
    /// Returns a copy that has the own members only: a polluted `Object.prototype` adds nothing.
    fn own_members(&self) -> Option<JsValue> {
        let members = self.0.dyn_ref::<Object>()?;
        Some(Object::assign(bare_object().unchecked_ref(), members).into())
    }
}

impl Json for JsJson {
    fn parse(text: &str) -> Option<Self> {
        // Why it can't be parsed is not told: the reason would quote the text.
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
