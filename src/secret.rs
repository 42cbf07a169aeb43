//! Secrets (private keys, tokens, the values of `Authorization` headers), and their redaction.

use std::fmt;

use serde::{Deserialize, Serializer};
use zeroize::Zeroizing;

use crate::json::Json;
use crate::json_escapes::{after_escaped, first_unescaped};

/// The text that replaces a secret.
pub const REDACTED: &str = "[redacted]";

/// The shortest secret that is redacted, in bytes. A shorter one would match by chance, and the
/// replaced text would reveal it.
pub const MIN_REDACTED_LENGTH: usize = 8;

/// A secret text. It prints as `[redacted]` and is overwritten with zeros when it is dropped. It can
/// be deserialized and not serialized.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over `text` without a copy.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the secret text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(REDACTED)
    }
}

/// Serializes a secret. Used only for the request's body and for a token's value.
pub(crate) fn serialize_exposed<S: Serializer>(
    secret: &Secret,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// Replaces secrets in text and JSON from the service, which may echo them.
#[derive(Clone, Debug)]
pub struct Redaction {
    /// The longest first. Otherwise a secret within a longer one would leave parts of that behind.
    secrets: Vec<Secret>,
}

impl Redaction {
    /// Returns a redaction of each line of `secrets`.
    pub fn of_lines(secrets: &str) -> Self {
        let mut redaction = Self { secrets: Vec::new() };
        for secret in secrets.split('\n') {
            redaction.add(Secret::new(secret.to_owned()));
        }
        redaction
    }

    /// Adds a secret, unless it is shorter than [`MIN_REDACTED_LENGTH`].
    pub fn add(&mut self, secret: Secret) {
        if secret.expose().len() >= MIN_REDACTED_LENGTH {
            let length = secret.expose().len();
            let at = self.secrets.partition_point(|other| other.expose().len() >= length);
            self.secrets.insert(at, secret);
        }
    }

    /// Returns `text` with every secret replaced by `[redacted]`, also within quoted JSON.
    pub fn text(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| redact(&text, secret.expose()))
    }

    /// Returns `value` with every secret replaced by `[redacted]`, also in names of members and within
    /// quoted JSON. Returns the same value if it has no secret. `None` if it can't be written as JSON,
    /// or if the replacement breaks the JSON: a number may match a secret.
    pub fn json<V: Json>(&self, value: V) -> Option<V> {
        let text = value.stringify()?;
        let without = self.text(text.clone());
        if without == text { Some(value) } else { V::parse(&without) }
    }
}

fn redact(text: &str, secret: &str) -> String {
    let mut without = String::new();
    let mut rest = text;
    while let Some((before, after)) = split_around(rest, secret) {
        without.push_str(before);
        without.push_str(REDACTED);
        rest = after;
    }
    without + rest
}

/// Returns the text before and after the first occurrence of `secret`, plain or escaped as in JSON.
fn split_around<'a>(text: &'a str, secret: &str) -> Option<(&'a str, &'a str)> {
    first_unescaped(secret)?; // a secret of only backslashes is not redacted: escapes have backslashes too
    let begins = |c: char| c == '\\' || secret.starts_with(c);
    let mut last = '\0';
    for (at, c) in text.char_indices() {
        if begins(c) {
            let (before, rest) = text.split_at_checked(at)?;
            let as_it_is = rest.strip_prefix(secret);
            // A match can't start within a run of backslashes: all of them escape what follows.
            let is_within_run = (last, c) == ('\\', '\\');
            let escaped = || if is_within_run { None } else { after_escaped(rest, secret) };
            if let Some(after) = as_it_is.or_else(escaped) {
                return Some((before, after));
            }
        }
        last = c;
    }
    None
}

/// Returns an `Authorization` value (RFC 9110, section 11.4) without its scheme: `abc` for `Bearer abc`.
pub fn without_scheme(authorization: &str) -> &str {
    let authorization = authorization.trim();
    authorization.split_once(' ').map_or(authorization, |(_, rest)| rest.trim())
}
