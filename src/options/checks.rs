//! The checks of single option values.

use std::ops::RangeInclusive;

use super::{Address, Bounds, MAX_TEXT, invalid_option};
use crate::error::Result;
use crate::json::NOTHING;
use crate::numbers::whole;
use crate::text::breaks_line;

pub(super) fn required<T>(name: &str, given: Option<T>) -> Result<T> {
    given.ok_or_else(|| invalid_option(name, NOTHING))
}

pub(super) fn check_text(name: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        Err(invalid_option(name, "an empty string"))
    } else if text.trim().is_empty() {
        Err(invalid_option(name, "a blank string"))
    } else if text.len() > MAX_TEXT {
        Err(invalid_option(name, "more than 4096 bytes"))
    } else {
        check_line(name, text)
    }
}

/// Checks that `text` is one line without white space around it, which a copy from a file or a terminal
/// can add, and without a byte order mark, which some editors add.
fn check_line(name: &str, text: &str) -> Result<()> {
    if text.trim().len() != text.len() || text.starts_with('\u{feff}') {
        Err(invalid_option(name, "white space at its start or end"))
    } else if text.contains(breaks_line) {
        Err(invalid_option(name, "a line break or a control character in it"))
    } else {
        Ok(())
    }
}

pub(super) fn check_header(name: &str, text: &str) -> Result<()> {
    check_text(name, text)?;
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        Ok(())
    } else {
        Err(invalid_option(name, "another character"))
    }
}

pub(super) fn whole_number(name: &str, given: Option<f64>, bounds: Bounds) -> Result<u32> {
    given.map_or(Ok(bounds.default), |number| whole_within(name, number, &bounds.range()))
}

pub(super) fn whole_within(name: &str, number: f64, range: &RangeInclusive<u32>) -> Result<u32> {
    let found = match whole(number) {
        Some(number) => match u32::try_from(number) {
            Ok(number) if range.contains(&number) => return Ok(number),
            _ => number.to_string(),
        },
        None if number.is_nan() => "NaN".to_owned(),
        None if number.fract() == 0.0 || number.is_infinite() => "a number beyond it".to_owned(),
        None => "a fraction".to_owned(),
    };
    Err(invalid_option(name, &found))
}

pub(super) fn safe_address(
    name: &str,
    text: &str,
    parse_url: impl Fn(&str) -> Option<Address>,
) -> Result<String> {
    check_line(name, text)?; // a URL parser would ignore these defects
    parse_url(text).ok_or_else(|| invalid_option(name, "another text"))?.into_safe(name)
}
