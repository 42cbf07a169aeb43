//! Text that must never be seen: private keys, tokens, and the values of `Authorization` headers.

use std::fmt;

use serde::{Deserialize, Serializer};
use zeroize::Zeroizing;

use crate::json::Json;

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Secrets shorter than this, in bytes, are not searched for in what the service says: a short one
/// would match by chance, and tell where it stood.
pub const MIN_REDACTED_LENGTH: usize = 8;

/// A secret text. It prints as `[redacted]`, is overwritten with zeros when it is dropped, and can
/// be deserialized but not serialized.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes `text` over; no copy of it remains here.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(REDACTED)
    }
}

/// Writes a secret out, for the two places that exist to carry one: the body of the request and the
/// value of a token.
pub(crate) fn serialize_exposed<S: Serializer>(
    secret: &Secret,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// The secrets that are taken out of what the service says, should it echo them.
#[derive(Clone, Debug)]
pub struct Redaction {
    /// The longest first, so that none leaves a part of another behind.
    secrets: Vec<Secret>,
}

impl Redaction {
    /// Takes out each line of `secrets`.
    pub fn of_lines(secrets: &str) -> Self {
        let mut redaction = Self { secrets: Vec::new() };
        for secret in secrets.split('\n') {
            redaction.add(Secret::new(secret.to_owned()));
        }
        redaction
    }

    /// Takes out `secret` too, unless it is shorter than [`MIN_REDACTED_LENGTH`].
    pub fn add(&mut self, secret: Secret) {
        if secret.expose().len() >= MIN_REDACTED_LENGTH {
            insert_longest_first(&mut self.secrets, secret);
        }
    }

    /// `text` with `[redacted]` for every appearance of a secret, also in JSON that it quotes.
    pub fn text(&self, text: String) -> String {
        replace_all(text, &self.forms(1))
    }

    /// `value` with `[redacted]` for every appearance of a secret, in names of members too, and in JSON
    /// that a string quotes: the very same value when it has none. `None` when it can't be written as
    /// JSON, or is no JSON any more without the secret, as where a number was one.
    pub fn json<V: Json>(&self, value: V) -> Option<V> {
        let text = value.stringify()?;
        let forms = self.forms(2);
        if !forms.iter().any(|form| split_around(&text, form.expose()).is_some()) {
            return Some(value);
        }
        V::parse(&replace_all(text, &forms))
    }

    /// The secrets as they are, and escaped as in JSON that is nested up to `depth` times.
    fn forms(&self, depth: usize) -> Vec<Secret> {
        let mut forms = self.secrets.clone();
        for secret in &self.secrets {
            let mut form = secret.clone();
            for _ in 0..depth {
                let quoted = Zeroizing::new(quoted(form.expose()));
                let escaped = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                match escaped {
                    Some(escaped) if escaped != form.expose() => {
                        form = Secret::new(escaped.to_owned());
                    }
                    _ => break,
                }
                insert_longest_first(&mut forms, form.clone());
            }
        }
        forms
    }
}

/// `text` as a JSON string literal, escaped as JavaScript escapes it.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default() // text never fails
}

fn insert_longest_first(secrets: &mut Vec<Secret>, secret: Secret) {
    let length = secret.expose().len();
    let at = secrets.partition_point(|other| other.expose().len() >= length);
    secrets.insert(at, secret);
}

fn replace_all(text: String, secrets: &[Secret]) -> String {
    secrets.iter().map(Secret::expose).fold(text, |text, secret| {
        let mut without = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = split_around(rest, secret) {
            without.push_str(before);
            without.push_str(REDACTED);
            rest = after;
        }
        without + rest
    })
}

/// What stands before and after the first appearance of `secret`, which is not empty. As `str::split_once`, which
/// brings half a kilobyte of Wasm for patterns that are longer than these.
fn split_around<'a>(text: &'a str, secret: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(secret.len()).position(|it| it == secret.as_bytes())?;
    text.get(..at).zip(text.get(at + secret.len()..))
}

/// The credentials of an `Authorization` value, without its scheme: `abc` of `Bearer abc`.
pub fn credentials(authorization: &str) -> &str {
    authorization.trim().split_once(' ').map_or(authorization, |(_, rest)| rest.trim())
}

/// Whether a character breaks a line, or does something else to a terminal or a log.
pub fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// At most `max` characters of `text`, on one line: what a server says is not trusted to be short
/// or to leave a log's lines alone.
pub fn one_line(text: &str, max: usize) -> String {
    let text = text.trim();
    let line: String =
        text.chars().map(|c| if breaks_line(c) { ' ' } else { c }).take(max).collect();
    if text.chars().count() > max { line + "…" } else { line.trim_end().to_owned() }
}
