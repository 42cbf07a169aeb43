//! Secrets (private keys, tokens, the values of `Authorization` headers), and their redaction.

use std::fmt;

use serde::{Deserialize, Serializer};
use zeroize::Zeroizing;

use crate::json::Json;

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
            let escaped = || if last == '\\' { None } else { after_escaped(rest, secret) };
            if let Some(after) = as_it_is.or_else(escaped) {
                return Some((before, after));
            }
        }
        last = c;
    }
    None
}

/// Returns the text after `secret`, if `text` begins with it, however JSON has escaped it.
fn after_escaped<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    let (mut text, mut secret) = (text, secret);
    while let Some((wanted, rest)) = first_unescaped(secret) {
        let (found, after) = first_unescaped(text)?;
        if found != wanted && !(text.starts_with('\\') && control_character(found) == Some(wanted))
        {
            return None;
        }
        (text, secret) = (after, rest);
    }
    Some(text) // backslashes at the secret's end stay in the text: how often they are escaped is unknown
}

/// The longest run of nested escapes that is followed. Real JSON has fewer.
const MAX_ESCAPED_BACKSLASHES: usize = 8;

/// Returns the first character of `text`, unescaped, and the rest. JSON may have escaped it in any way
/// ([RFC 8259, section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)) and any number of times,
/// so backslashes are skipped.
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

/// Returns the control character that a letter after a backslash stands for.
fn control_character(letter: u32) -> Option<u32> {
    let control = match char::from_u32(letter)? {
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'f' => '\u{c}',
        'r' => '\r',
        _ => return None,
    };
    Some(control.into())
}

/// Returns the UTF-16 code unit of `u` and four hexadecimal digits, and the rest of the text.
fn code_unit(text: &str) -> Option<(u32, &str)> {
    let (digits, after) = text.strip_prefix('u')?.split_at_checked(4)?;
    u32::from_str_radix(digits, 16).ok().map(|unit| (unit, after))
}

/// Returns the credentials of an `Authorization` value without the scheme: `abc` for `Bearer abc`.
pub fn credentials(authorization: &str) -> &str {
    let authorization = authorization.trim();
    authorization.split_once(' ').map_or(authorization, |(_, rest)| rest.trim())
}

/// Returns whether a character breaks a line or is another control character, which a terminal obeys.
pub fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns at most `max` characters of `text`, on one line. A server's text can be long, and could
/// forge lines of a log.
pub fn one_line(text: &str, max: usize) -> String {
    let text = text.trim();
    let line: String =
        text.chars().map(|c| if breaks_line(c) { ' ' } else { c }).take(max).collect();
    if text.chars().count() > max { line + "…" } else { line.trim_end().to_owned() }
}
