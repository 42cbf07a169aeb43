//! One value type for everything that crosses the wall between the core and JavaScript.
//!
//! Answers, claims and records for the caller are all [`Json`], so that one visitor and one
//! serializer are compiled into the Wasm, instead of a derived pair for each structure.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// How deep a value may nest: deeper ones are refused, so that none can exhaust the stack.
pub const MAX_DEPTH: u8 = 64;

/// The largest whole number that a JSON number carries exactly: 2^53 − 1.
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// A JSON value. Numbers are what JavaScript has: 64-bit floats.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, its members in order. A member named `__proto__` is dropped when one is read:
    /// set on a JavaScript object it would not become a member.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A text value.
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// The value of `text`, or `null`.
    pub fn text_or_null(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    /// A whole number, which is exact up to 2^53.
    #[expect(clippy::cast_precision_loss, reason = "instants and statuses are far below 2^53")]
    pub fn integer(value: i64) -> Self {
        Self::Number(value as f64)
    }

    /// The value of `number`, or `null`.
    pub fn integer_or_null(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::integer)
    }

    /// The member called `name`, when this is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Self::Object(members) => {
                members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text, when this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same value with `change` applied to every string in it, names of members too.
    #[must_use]
    pub fn map_text(self, change: &dyn Fn(String) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(change(text)),
            Self::Array(items) => {
                Self::Array(items.into_iter().map(|item| item.map_text(change)).collect())
            }
            Self::Object(members) => Self::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (change(name), value.map_text(change)))
                    .collect(),
            ),
            other => other,
        }
    }

    /// What this is, in a word or two that never hold its content.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// The whole part of `number` (rounded down), when it is exact: between ±(2^53 − 1).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked, and its bounds are exact"
)]
pub fn floor(number: f64) -> Option<i64> {
    let limit = MAX_INTEGER as f64;
    if !(-limit..=limit).contains(&number) {
        return None;
    }
    let whole = number as i64; // towards zero
    Some(if (whole as f64) > number { whole - 1 } else { whole })
}

/// `number`, when it is whole and exact.
#[expect(clippy::cast_precision_loss, reason = "floor returns only what is exact")]
#[expect(clippy::float_cmp, reason = "whole numbers compare exactly")]
pub fn whole(number: f64) -> Option<i64> {
    floor(number).filter(|whole| *whole as f64 == number)
}

/// Reads a value that may nest `.0` levels more.
struct Depth(u8);

impl Depth {
    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> serde::Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Depth(MAX_DEPTH).deserialize(deserializer)
    }
}

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::integer(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON.parse rounds the same way")]
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::text(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self.deeper::<A::Error>()?)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = access.next_key_seed(Depth(0))? {
            let value = access.next_value_seed(self.deeper::<A::Error>()?)?;
            match name {
                Json::Text(name) if name == "__proto__" => {}
                Json::Text(name) => members.push((name, value)),
                _ => return Err(A::Error::custom("a name that is no string")),
            }
        }
        Ok(Json::Object(members))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut out = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    out.serialize_element(item)?;
                }
                out.end()
            }
            Self::Object(members) => {
                let mut out = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    out.serialize_entry(name, value)?;
                }
                out.end()
            }
        }
    }
}
