//! The HTTP headers that carry time: `Date` and `Retry-After`.
//!
//! Own rules instead of JavaScript's `Date.parse`, which reads an asctime date as local time.

use crate::json::MAX_INTEGER;
use crate::text::{cut, digits_value};

const SECOND_MS: i64 = 1_000;
const DAY_S: i64 = 86_400;

/// The instant of an HTTP date, in epoch milliseconds, in any of the three forms of
/// [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7).
///
/// `now_ms` settles the century of the form with a two-digit year.
pub fn parse(text: &str, now_ms: i64) -> Option<i64> {
    let mut rest = text;
    let first = word(&mut rest)?;
    let second = word(&mut rest)?;
    let date = if let Some(weekday) = first.strip_suffix(',') {
        let date = if let Some((day, (month, year))) =
            cut(second, "-").and_then(|(day, rest)| Some((day, cut(rest, "-")?)))
        {
            // Sunday, 06-Nov-94 08:49:37 GMT
            if !is_weekday(weekday, true) || year.len() != 2 {
                return None;
            }
            (day, month, full_year(digits_value(year)?, now_ms), word(&mut rest)?)
        } else {
            // Sun, 06 Nov 1994 08:49:37 GMT
            let (month, year) = (word(&mut rest)?, word(&mut rest)?);
            if !is_weekday(weekday, false) || year.len() != 4 {
                return None;
            }
            (second, month, digits_value(year)?, word(&mut rest)?)
        };
        if word(&mut rest) != Some("GMT") {
            return None;
        }
        date
    } else {
        // Sun Nov  6 08:49:37 1994
        let (day, clock, year) = (word(&mut rest)?, word(&mut rest)?, word(&mut rest)?);
        if !is_weekday(first, false) || year.len() != 4 {
            return None;
        }
        (day, second, digits_value(year)?, clock)
    };
    if word(&mut rest).is_some() { None } else { instant(date) }
}

/// The next word of `text`, which is then what comes behind it.
fn word<'a>(text: &mut &'a str) -> Option<&'a str> {
    let trimmed = text.trim_ascii_start();
    let (word, rest) = cut(trimmed, " ").unwrap_or((trimmed, ""));
    *text = rest;
    Some(word).filter(|word| !word.is_empty())
}

/// How long a `Retry-After` header asks to wait, in milliseconds: whole seconds, or an HTTP date
/// taken relative to `now_ms`, the server's own clock. Anything else is ignored
/// ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
pub fn retry_after_ms(header: &str, now_ms: i64) -> Option<i64> {
    let header = header.trim();
    if header.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = digits_value(header)?;
        return seconds.checked_mul(SECOND_MS).filter(|wait| *wait <= MAX_INTEGER);
    }
    parse(header, now_ms).map(|at| (at - now_ms).max(0))
}

fn instant((day, month, year, clock): (&str, &str, i64, &str)) -> Option<i64> {
    let (day, month) = (digits_value(day).filter(|_| day.len() <= 2)?, month_of(month)?);
    let (hour, (minute, second)) =
        cut(clock, ":").and_then(|(hour, rest)| Some((hour, cut(rest, ":")?)))?;
    let two = |text: &str| digits_value(text).filter(|_| text.len() == 2);
    let (hour, minute, second) = (two(hour)?, two(minute)?, two(second)?);
    let days = days_in(month, year)?;
    if hour > 23 || minute > 59 || second > 60 || day < 1 || day > days {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * DAY_S + hour * 3_600 + minute * 60 + second;
    Some(seconds * SECOND_MS)
}

fn is_weekday(text: &str, long: bool) -> bool {
    const DAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    DAYS.iter().any(|day| if long { *day == text } else { day.get(..3) == Some(text) })
}

fn month_of(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    MONTHS.iter().zip(1..).find(|(name, _)| **name == text).map(|(_, month)| month)
}

fn days_in(month: i64, year: i64) -> Option<i64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => Some(29),
        2 => Some(28),
        _ => None,
    }
}

/// A two-digit year is the one at most 50 years ahead of now that ends in those digits.
fn full_year(two_digits: i64, now_ms: i64) -> i64 {
    // The mean Gregorian year; an answer is never read within hours of a wrong century.
    let this_year = 1970 + now_ms.div_euclid(31_556_952 * SECOND_MS);
    let year = this_year - this_year.rem_euclid(100) + two_digits;
    match year - this_year {
        51.. => year - 100,
        ..-49 => year + 100,
        _ => year,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar
/// (the `days_from_civil` algorithm: years that begin in March put the leap day last).
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
