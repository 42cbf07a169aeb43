//! Redaction: no reader of a redacted text finds a secret in it, however JSON had escaped it.

use arbitrary::{Result, Unstructured};
use pay4power_auth::json::Json;
use pay4power_auth::secret::{MIN_REDACTED_LENGTH, REDACTED, Redaction, Secret};

use crate::bytes::{rest, text};
use crate::host::Value;

/// How often a text is escaped.
const LAYERS: usize = 4;

/// Stands for half of a surrogate pair, which a reader in JavaScript keeps. No secret has this character.
const HALF_PAIR: char = '\u{ffff}';

pub fn run(bytes: &[u8]) {
    let _ = check(Unstructured::new(bytes));
}

fn check(mut bytes: Unstructured<'_>) -> Result<()> {
    let secrets = secrets(&mut bytes)?;
    let redaction = redaction_of(&secrets);

    // A text that holds them, each escaped in its own way.
    let mut echo = text(&mut bytes, 8)?;
    for _ in 0..bytes.int_in_range(0..=4)? {
        let mut part = bytes.choose(&secrets)?.clone();
        // Each layer may double a backslash, and redaction follows only so many of them within one character.
        let has_more = part.contains(|c| c == '\\' || c > '\u{ffff}');
        let layers = if has_more { 2 } else { LAYERS };
        for _ in 0..bytes.int_in_range(0..=layers)? {
            part = escape(&part, &mut bytes)?;
        }
        echo += &part;
        echo += &text(&mut bytes, 4)?;
    }
    let without = redaction.text(echo);
    assert_hidden(&without, &secrets, LAYERS);
    assert_eq!(redaction.text(without.clone()), without, "redaction is complete the first time");

    // The same text within JSON, as a value and as the name of a member.
    let echo = rest(bytes);
    assert_hidden(&redaction.text(echo.clone()), &secrets, 1);
    let names = secrets.iter().map(|secret| (secret.clone(), 1.into()));
    let value = Value(serde_json::json!([echo, secrets, serde_json::Map::from_iter(names)]));
    if let Some(value) = redaction.json(value) {
        assert_hidden(&value.stringify().unwrap_or_default(), &secrets, 1);
    }
    Ok(())
}

/// Returns secrets for which there is an oracle.
fn secrets(bytes: &mut Unstructured<'_>) -> Result<Vec<String>> {
    let count = bytes.int_in_range(1..=3)?;
    let mut secrets = Vec::new();
    for _ in 0..count {
        // A secret's backslashes at its end stay: they reveal nothing.
        let secret = text(bytes, 24)?.trim_end_matches('\\').to_owned();
        // Parts of `[redacted]` would be found in what replaces another secret.
        let meets_marker = secret.contains(['[', ']']) || REDACTED.contains(&secret);
        // With an escape of JSON in it, a secret has two readings.
        let is_ambiguous =
            secret.contains("\\u") || secret.contains("\\\\") || secret.contains(HALF_PAIR);
        if secret.len() >= MIN_REDACTED_LENGTH && !meets_marker && !is_ambiguous {
            secrets.push(secret);
        }
    }
    if secrets.is_empty() {
        return Err(arbitrary::Error::IncorrectFormat);
    }
    Ok(secrets)
}

pub fn redaction_of(secrets: &[String]) -> Redaction {
    let mut redaction = Redaction::of_lines("");
    for secret in secrets {
        redaction.add(Secret::new(secret.clone()));
    }
    redaction
}

/// Panics if a reader that unescapes `text` up to `layers` times finds a secret in it.
pub fn assert_hidden(text: &str, secrets: &[String], layers: usize) {
    let mut read = text.to_owned();
    for layer in 0..=layers {
        let found = secrets.iter().find(|secret| read.contains(secret.as_str()));
        assert_eq!(found, None, "in {text:?}, unescaped {layer} times");
        read = unescape(&read);
    }
}

/// Writes text as within quotes of JSON (RFC 8259, section 7). The bytes choose among the ways to write a character.
/// If the text may be escaped already, its letters and digits stay: redaction does not follow an escape whose own
/// letters are escaped again, which no writer of JSON does.
fn escape(text: &str, bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut out = String::new();
    let may_be_escaped = text.contains('\\');
    for c in text.chars() {
        if may_be_escaped && c.is_ascii_alphanumeric() {
            out.push(c);
            continue;
        }
        let must = c < ' ' || matches!(c, '"' | '\\');
        let short = match c {
            '"' | '\\' | '/' => Some(c),
            '\u{8}' => Some('b'),
            '\u{c}' => Some('f'),
            '\n' => Some('n'),
            '\r' => Some('r'),
            '\t' => Some('t'),
            _ => None,
        };
        match (bytes.int_in_range(0..=3)?, short) {
            (0 | 1, _) if !must => out.push(c),
            (0..=2, Some(letter)) => out.extend(['\\', letter]),
            (way, _) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out +=
                        &if way == 3 { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
                }
            }
        }
    }
    Ok(out)
}

/// Reads text as within quotes of JSON. What is no escape stays as it is.
fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let unit = rest.strip_prefix("\\u").and_then(|digits| digits.get(..4));
        let unit = unit.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(unit) = unit.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
            units.push(unit);
            rest = &rest[6..];
            continue;
        }
        let letter = rest.strip_prefix('\\').and_then(|rest| rest.chars().next());
        let short = letter.and_then(|letter| match letter {
            '"' | '\\' | '/' => Some(letter),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            _ => None,
        });
        rest = &rest[if short.is_some() { 2 } else { c.len_utf8() }..];
        units.extend_from_slice(short.unwrap_or(c).encode_utf16(&mut [0; 2]));
    }
    char::decode_utf16(units).map(|c| c.unwrap_or(HALF_PAIR)).collect()
}
