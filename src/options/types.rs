//! The type of each option, and the words for it in error messages.

use std::ops::RangeInclusive;

use super::{DEADLINE_MS, MAX_REFRESH_AHEAD, REQUEST_TIMEOUT_MS, RETRIES, TIMEOUT_MS};
use crate::error::{Error, Result};
use crate::json::{BOOLEAN, NOTHING, NUMBER, TEXT};

const TRIMMED: &str = "without white space at its start or end";

/// The type of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionType {
    /// A string.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
}

impl OptionType {
    /// Returns the type in the words of [`Scalar::kind`](crate::json::Scalar::kind).
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Text => TEXT,
            Self::Number => NUMBER,
            Self::Boolean => BOOLEAN,
        }
    }
}

/// The options that the core reads, by their public names, and `formerSecrets`, which the package adds: texts
/// that no error may show, one on each line.
pub const OPTION_TYPES: &[(&str, OptionType)] = &[
    ("publicKey", OptionType::Text),
    ("privateKey", OptionType::Text),
    ("environment", OptionType::Text),
    ("tokenUrl", OptionType::Text),
    ("timeoutMs", OptionType::Number),
    ("retries", OptionType::Number),
    ("deadlineMs", OptionType::Number),
    ("authorization", OptionType::Text),
    ("formerSecrets", OptionType::Text),
    ("dangerouslyAllowBrowser", OptionType::Boolean),
    ("baseUrl", OptionType::Text),
    ("refreshAhead", OptionType::Number),
    ("requestTimeoutMs", OptionType::Number),
];

/// Returns what the option `name` must be, in words that follow "must be".
pub fn expected(name: &str) -> String {
    let whole_number = |range: RangeInclusive<u32>| {
        format!("a whole number from {} to {}", range.start(), range.end())
    };
    match name {
        "publicKey" | "privateKey" | "formerSecrets" | "environment" => {
            format!("a string of one line that is not blank, {TRIMMED}")
        }
        "authorization" => format!("a string of printable ASCII that is not blank, {TRIMMED}"),
        "tokenUrl" | "baseUrl" => format!("an absolute address, a string or a URL, {TRIMMED}"),
        "timeoutMs" => whole_number(TIMEOUT_MS.range()),
        "retries" => whole_number(RETRIES.range()),
        "deadlineMs" => whole_number(DEADLINE_MS.range()),
        "requestTimeoutMs" => whole_number(REQUEST_TIMEOUT_MS),
        "dangerouslyAllowBrowser" => "a boolean".to_owned(),
        "refreshAhead" => format!("a number from 0 to {MAX_REFRESH_AHEAD}"),
        _ => "left out".to_owned(),
    }
}

/// Returns the error for an invalid option. `found` says what was found and quotes no key.
pub fn invalid_option(name: &str, found: &str) -> Box<Error> {
    Error::option(name, &expected(name), found)
}

/// Checks the type of the option `name`. `kind` is the type that was found, in the words of
/// [`Scalar::kind`](crate::json::Scalar::kind). Every option may be absent here.
///
/// # Errors
/// [`Code::InvalidOptions`](crate::error::Code::InvalidOptions) with the option's name.
pub fn check_type(name: &str, kind: &str) -> Result<()> {
    let is_right = |(option, of): &(&str, OptionType)| *option == name && of.kind() == kind;
    if kind == NOTHING || OPTION_TYPES.iter().any(is_right) {
        Ok(())
    } else {
        Err(invalid_option(name, kind))
    }
}
