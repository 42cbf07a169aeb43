//! Text that JSON may have escaped, once or several times: quoted JSON holds text that was escaped twice.
//!
//! These functions skip backslashes, in the text and in what they look for. They miss two things that no
//! serializer writes: more than eight `\u005c` in a row, and a secret with a `\u` of its own whose digits
//! are escaped too.

/// Returns the text after `prefix`, if `text` begins with it, as it is or escaped.
pub fn after_escaped<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (mut text, mut prefix) = (text, prefix);
    while let Some((wanted, rest)) = first_unescaped(prefix) {
        let (found, after) = first_unescaped(text)?;
        if found != wanted && !(text.starts_with('\\') && control_character(found) == Some(wanted))
        {
            return None;
        }
        (text, prefix) = (after, rest);
    }
    Some(text) // backslashes at the prefix's end stay in the text: how often they are escaped is unknown
}

/// The longest run of escaped backslashes that is followed. Real JSON has fewer.
const MAX_ESCAPED_BACKSLASHES: usize = 8;

/// Returns the first character of `text`, unescaped ([RFC 8259, section
/// 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)), and the rest.
pub fn first_unescaped(text: &str) -> Option<(u32, &str)> {
    let mut rest = text;
    let mut is_escaped = false;
    let mut from_high_surrogate = 0;
    for _ in 0..MAX_ESCAPED_BACKSLASHES {
        let bare = rest.trim_start_matches('\\');
        is_escaped |= bare.len() < rest.len();
        match code_unit(bare).filter(|_| is_escaped) {
            Some((BACKSLASH, after)) => rest = after,
            Some((high @ 0xd800..0xdc00, after)) => {
                from_high_surrogate = 0x1_0000 + ((high - 0xd800) << 10) - 0xdc00;
                rest = after;
            }
            Some((unit, after)) => return Some((from_high_surrogate + unit, after)),
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
