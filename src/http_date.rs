//! The HTTP headers that carry time: `Date` and `Retry-After`.
//!
//! Own rules instead of JavaScript's `Date.parse`, which reads an asctime date as local time.

use crate::json::MAX_INTEGER;

const SECOND_MS: i64 = 1_000;
const DAY_S: i64 = 86_400;

/// The instant of an HTTP date, in epoch milliseconds, in any of the three forms of
/// [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7).
///
/// `now_ms` settles the century of the form with a two-digit year.
pub fn parse(text: &str, now_ms: i64) -> Option<i64> {
    let mut words = text.split_ascii_whitespace();
    let first = words.next()?;
    let second = words.next()?;
    let (day, month, year, clock) = if let Some(weekday) = first.strip_suffix(',') {
        if second.contains('-') {
            // Sunday, 06-Nov-94 08:49:37 GMT
            let mut parts = second.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() || !is_weekday(weekday, true) || year.len() != 2 {
                return None;
            }
            (number(day, 2)?, month_of(month)?, full_year(number(year, 2)?, now_ms), words.next()?)
        } else {
            // Sun, 06 Nov 1994 08:49:37 GMT
            let (month, year) = (words.next()?, words.next()?);
            if !is_weekday(weekday, false) || year.len() != 4 {
                return None;
            }
            (number(second, 2)?, month_of(month)?, number(year, 4)?, words.next()?)
        }
    } else {
        // Sun Nov  6 08:49:37 1994
        let (day, clock, year) = (words.next()?, words.next()?, words.next()?);
        if !is_weekday(first, false) || year.len() != 4 || words.next().is_some() {
            return None;
        }
        let date = (number(day, 2)?, month_of(second)?, number(year, 4)?, clock);
        return instant(date);
    };
    if words.next() != Some("GMT") || words.next().is_some() {
        return None;
    }
    instant((day, month, year, clock))
}

/// How long a `Retry-After` header asks to wait, in milliseconds: whole seconds, or an HTTP date
/// taken relative to `now_ms`, the server's own clock. Anything else is ignored
/// ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
pub fn retry_after_ms(header: &str, now_ms: i64) -> Option<i64> {
    let header = header.trim();
    if header.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: i64 = header.parse().ok()?;
        return seconds.checked_mul(SECOND_MS).filter(|wait| *wait <= MAX_INTEGER);
    }
    parse(header, now_ms).map(|at| (at - now_ms).max(0))
}

fn instant((day, month, year, clock): (i64, i64, i64, &str)) -> Option<i64> {
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let two = |text: &str| {
        if text.len() == 2 { number(text, 2) } else { None }
    };
    let (hour, minute, second) = (two(hour)?, two(minute)?, two(second)?);
    let days = days_in(month, year)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 || day < 1 || day > days {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * DAY_S + hour * 3_600 + minute * 60 + second;
    Some(seconds * SECOND_MS)
}

fn number(text: &str, max_digits: usize) -> Option<i64> {
    if text.len() > max_digits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
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
