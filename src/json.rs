//! JSON values that the host has parsed, and the scalars that the core reads from them.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::numbers::float;

pub(crate) const NOTHING: &str = "nothing";
const NULL: &str = "null";
pub(crate) const BOOLEAN: &str = "a boolean";
pub(crate) const NUMBER: &str = "a number";
pub(crate) const TEXT: &str = "a string";
const ARRAY: &str = "an array";
const OBJECT: &str = "an object";

/// A JSON value that the host has parsed: a JavaScript value in Wasm, `serde_json::Value` in the tests.
/// The core passes it on unchanged and reads only the few typed parts that it needs.
pub trait Json: Clone + for<'de> Deserialize<'de> {
    /// Parses `text`. `None` if it is not JSON.
    fn parse(text: &str) -> Option<Self>;

    /// Returns the value as JSON text. `None` if the host can't write it.
    fn stringify(&self) -> Option<String>;

    /// Returns the type: `null`, `a boolean`, `a number`, `a string`, `an array` or `an object`.
    fn kind(&self) -> &'static str;

    /// Deserializes an object. `None` if the value is not an object of that shape.
    fn read<T: DeserializeOwned>(&self) -> Option<T>;

    /// Returns whether this is an array.
    fn is_array(&self) -> bool {
        self.kind() == ARRAY
    }

    /// Returns whether this is an object.
    fn is_object(&self) -> bool {
        self.kind() == OBJECT
    }
}

/// Any JSON value, at a place where the contract has a scalar. So a wrong type is an error with a code
/// of this library. An error of serde would quote the value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Scalar {
    /// The member is absent.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// Any array.
    Array,
    /// Any object.
    Object,
}

impl Scalar {
    /// Returns the text, if this is a string.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the type, in words that quote nothing from the value.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Absent => NOTHING,
            Self::Null => NULL,
            Self::Bool(_) => BOOLEAN,
            Self::Number(_) => NUMBER,
            Self::Text(_) => TEXT,
            Self::Array => ARRAY,
            Self::Object => OBJECT,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyScalar)
    }
}

/// Accepts any value.
struct AnyScalar;

impl<'de> Visitor<'de> for AnyScalar {
    type Value = Scalar;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(float(value)))
    }

    #[expect(clippy::cast_precision_loss, reason = "a number above 2^53 counts as out of range")]
    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Scalar, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Object)
    }

    // JSON has no bytes, but a host may have a value that serde takes for bytes.
    fn visit_bytes<E>(self, _: &[u8]) -> Result<Scalar, E> {
        Ok(Scalar::Object)
    }
}
