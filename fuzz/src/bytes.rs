//! Values drawn from a target's bytes.

use arbitrary::{Result, Unstructured};

/// Returns one of `of`.
pub fn pick<T: Copy>(bytes: &mut Unstructured<'_>, of: &[T]) -> Result<T> {
    bytes.choose(of).copied()
}

/// Returns the bytes that are left, as text. Bytes that are not UTF-8 become U+FFFD.
pub fn rest(bytes: Unstructured<'_>) -> String {
    String::from_utf8_lossy(bytes.take_rest()).into_owned()
}

/// Returns a text of at most `max` bytes.
pub fn text(bytes: &mut Unstructured<'_>, max: usize) -> Result<String> {
    let length = bytes.int_in_range(0..=max)?.min(bytes.len());
    Ok(String::from_utf8_lossy(bytes.bytes(length)?).into_owned())
}

/// Returns a moment near one of these, in milliseconds.
pub fn near(bytes: &mut Unstructured<'_>, of: &[i64]) -> Result<i64> {
    let beside = i64::from(bytes.arbitrary::<i16>()?);
    Ok(pick(bytes, of)?.saturating_add(beside))
}
