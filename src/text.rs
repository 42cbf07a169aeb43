//! Text in a few small functions. The standard library's formatting, searching and parsing do far
//! more, and each weighs one or two kilobytes in the Wasm.

/// The parts, one after the other.
pub fn concat(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// A whole number in decimal.
pub fn decimal(number: i64) -> String {
    let mut text = String::new();
    if number < 0 {
        text.push('-');
    }
    push_digits(&mut text, number.unsigned_abs());
    text
}

fn push_digits(text: &mut String, number: u64) {
    if number >= 10 {
        push_digits(text, number / 10);
    }
    text.extend(u32::try_from(number % 10).ok().and_then(|digit| char::from_digit(digit, 10)));
}

/// The value of a text of nothing but digits, when it fits.
pub fn digits_value(text: &str) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for byte in text.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
    }
    Some(value)
}

/// Where `part` first begins in `text`, in bytes.
pub fn find(text: &str, part: &str) -> Option<usize> {
    let last = text.len().checked_sub(part.len())?;
    let begins = |at: &usize| {
        text.as_bytes().get(*at..).is_some_and(|rest| rest.starts_with(part.as_bytes()))
    };
    (0..=last).find(begins)
}

/// What lies before and behind the first `part` of `text`.
pub fn cut<'a>(text: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let (before, rest) = text.split_at_checked(find(text, part)?)?;
    Some((before, rest.get(part.len()..)?))
}

/// `text` with `with` wherever it had `part`, which is not empty.
pub fn replace(mut text: &str, part: &str, with: &str) -> String {
    let mut replaced = String::new();
    while let Some((before, after)) = cut(text, part) {
        replaced.push_str(before);
        replaced.push_str(with);
        text = after;
    }
    replaced.push_str(text);
    replaced
}
