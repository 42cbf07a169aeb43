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
            let length = secret.expose().len();
            let at = self.secrets.partition_point(|other| other.expose().len() >= length);
            self.secrets.insert(at, secret);
        }
    }

    /// `text` with `[redacted]` for every appearance of a secret, also in JSON that it quotes.
    pub fn text(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| cut_out(&text, secret.expose()))
    }

    /// `value` with `[redacted]` for every appearance of a secret, in names of members too, and in JSON
    /// that a string quotes: the very same value when it has none. `None` when it can't be written as
    /// JSON, or is no JSON any more without the secret, as where a number was one.
    pub fn json<V: Json>(&self, value: V) -> Option<V> {
        let text = value.stringify()?;
        let without = self.text(text.clone());
        if without == text { Some(value) } else { V::parse(&without) }
    }
}

fn cut_out(text: &str, secret: &str) -> String {
    let mut without = String::new();
    let mut rest = text;
    while let Some((before, after)) = split_around(rest, secret) {
        without.push_str(before);
        without.push_str(REDACTED);
        rest = after;
    }
    without + rest
}

/// What stands before and after the first appearance of `secret`, as it is or escaped as in JSON.
fn split_around<'a>(text: &'a str, secret: &str) -> Option<(&'a str, &'a str)> {
    first_unescaped(secret)?; // a secret of backslashes only is not searched for: escaping makes backslashes too
    let begins = |c: char| c == '\\' || secret.starts_with(c);
    let mut last = '\0';
    for (at, c) in text.char_indices() {
        if begins(c) {
            let (before, rest) = text.split_at_checked(at)?;
            let as_it_is = rest.strip_prefix(secret);
            // All backslashes in a row belong to what they escape.
            let escaped = || if last == '\\' { None } else { behind(rest, secret) };
            if let Some(after) = as_it_is.or_else(escaped) {
                return Some((before, after));
            }
        }
        last = c;
    }
    None
}

/// What follows `secret` in `text`, which begins with it, however JSON has escaped it.
fn behind<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    let (mut text, mut secret) = (text, secret);
    while let Some((wanted, rest)) = first_unescaped(secret) {
        let (found, after) = first_unescaped(text)?;
        if found != wanted && !(text.starts_with('\\') && control(found) == Some(wanted)) {
            return None;
        }
        (text, secret) = (after, rest);
    }
    Some(text) // backslashes at the end of a secret stay in the text: how often they are escaped is unknown
}

/// How often an escaped backslash is followed in a row. More is no JSON that anybody writes.
const MAX_ESCAPED_BACKSLASHES: usize = 8;

/// The first character of `text`, and what follows it: JSON may have escaped it, in any way
/// ([RFC 8259, section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)) and any number of times.
/// So backslashes do not count.
fn first_unescaped(text: &str) -> Option<(u32, &str)> {
    let mut rest = text;
    let mut is_escaped = false;
    for _ in 0..MAX_ESCAPED_BACKSLASHES {
        let bare = rest.trim_start_matches('\\');
        is_escaped |= bare.len() < rest.len();
        match code_unit(bare).filter(|_| is_escaped) {
            Some((BACKSLASH, after)) => rest = after,
            Some((high @ 0xd800..0xdc00, after)) => {
                let (low, after) = code_unit(after.trim_start_matches('\\'))?;
                return Some((0x1_0000 + ((high - 0xd800) << 10) + (low & 0x3ff), after));
            }
            Some(found) => return Some(found),
            None => {
                let mut characters = bare.chars();
                return characters.next().map(|c| (c.into(), characters.as_str()));
            }
        }
    }
    None
}

const BACKSLASH: u32 = 0x5c;

/// The control character that a letter behind a backslash can stand for.
fn control(letter: u32) -> Option<u32> {
    let found = ['b', 't', 'n', '\0', 'f', 'r'].iter().position(|it| u32::from(*it) == letter)?;
    u32::try_from(found).ok().map(|found| found + 8)
}

/// The unit of UTF-16 that `u` and four hexadecimal digits stand for, and what follows them.
fn code_unit(text: &str) -> Option<(u32, &str)> {
    let (digits, after) = text.strip_prefix('u')?.split_at_checked(4)?;
    u32::from_str_radix(digits, 16).ok().map(|unit| (unit, after))
}

/// The credentials of an `Authorization` value, without its scheme: `abc` of `Bearer abc`.
pub fn credentials(authorization: &str) -> &str {
    let authorization = authorization.trim();
    authorization.split_once(' ').map_or(authorization, |(_, rest)| rest.trim())
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
