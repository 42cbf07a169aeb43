//! One value type for everything that crosses the wall between the core and JavaScript.
//!
//! Answers, claims and records for the caller are all [`Json`], so that the shell has one reader and
//! one writer, instead of a derived pair for each structure.

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
    pub fn integer(value: i64) -> Self {
        Self::Number(float(value))
    }

    /// The value of `number`, or `null`.
    pub fn integer_or_null(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::integer)
    }

    /// An object with these members.
    pub fn object<const N: usize>(mut members: [(&str, Json); N]) -> Self {
        Self::from_members(&mut members)
    }

    /// Takes the values, so that there is one copy of this for objects of every length.
    fn from_members(members: &mut [(&str, Json)]) -> Self {
        let take = |(name, value): &mut (&str, Self)| {
            (String::from(*name), std::mem::replace(value, Self::Null))
        };
        Self::Object(members.iter_mut().map(take).collect())
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

    /// Applies `change` to every string in it, names of members too.
    pub fn change_text(&mut self, change: &dyn Fn(String) -> String) {
        let change_one = |text: &mut String| *text = change(std::mem::take(text));
        match self {
            Self::Text(text) => change_one(text),
            Self::Array(items) => {
                for item in items {
                    item.change_text(change);
                }
            }
            Self::Object(members) => {
                for (name, value) in members {
                    change_one(name);
                    value.change_text(change);
                }
            }
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
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

/// A whole number as JavaScript has it, which is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "instants and statuses are far below 2^53")]
pub fn float(value: i64) -> f64 {
    value as f64
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
