//! Text that must never be seen: private keys, and the values of `Authorization` headers.

use std::fmt;

use zeroize::Zeroizing;

use crate::text::{cut, find, replace};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Secrets shorter than this are not searched for in what the service says: a short one would
/// match by chance, and tell where it stood.
pub const MIN_REDACTED_LENGTH: usize = 8;

/// A secret text. It prints as `[redacted]` and is overwritten with zeros when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes `text` over; no copy of it remains here.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself: the only way to it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(REDACTED)
    }
}

/// `text` with every appearance of `secret` replaced.
pub fn redact(text: String, secret: &str) -> String {
    if secret.len() < MIN_REDACTED_LENGTH || find(&text, secret).is_none() {
        return text;
    }
    replace(&text, secret, REDACTED)
}

/// The credentials of an `Authorization` value, without its scheme: `abc` of `Bearer abc`.
pub fn credentials(authorization: &str) -> &str {
    cut(authorization.trim(), " ").map_or(authorization, |(_, rest)| rest.trim())
}

/// At most `max` characters of `text`, on one line: what a server says is not trusted to be short
/// or to leave a log's lines alone.
pub fn one_line(text: &str, max: usize) -> String {
    let line: String =
        text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(max).collect();
    if text.trim().chars().count() > max { line + "…" } else { line.trim_end().to_owned() }
}
