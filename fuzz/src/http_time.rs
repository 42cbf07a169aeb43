//! `Date`, `Age` and `Retry-After`, against a reader of HTTP dates of its own and against numbers of 128 bits.

use std::time::{Duration, UNIX_EPOCH};

use arbitrary::{Result, Unstructured};
use pay4power_auth::http_time::{age_ms, date_ms, retry_after_ms};

use crate::bytes::{near, rest};
use crate::numbers::digits;

const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
const DAYS: &str = "SunMonTueWedThuFriSat";
/// The end of the year 9999, beyond which HTTP has no date.
const END_S: u64 = 253_402_300_800;

pub fn run(bytes: &[u8]) {
    let _ = check(Unstructured::new(bytes));
}

fn check(mut bytes: Unstructured<'_>) -> Result<()> {
    let seconds = bytes.int_in_range(0..=END_S - 1)?;
    let now_ms = near(&mut bytes, &[0, 1_765_634_862_000, 8_640_000_000_000_000])?;
    let written = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(date_ms(&written), i64::try_from(seconds * 1_000).ok(), "{written}");
    assert_eq!(fixed_date_s(&written), Some(seconds), "{written}");

    let header = rest(bytes);
    let date = date_ms(&header);
    if let Some(seconds) = fixed_date_s(&header) {
        let ms = i64::try_from(seconds * 1_000).ok();
        assert!(date == ms || date.is_none(), "{header}: {date:?}"); // it may refuse a wrong weekday
    }
    assert!(date.is_none_or(|ms| ms >= 0 && ms % 1_000 == 0), "{header}: {date:?}");

    let trimmed = header.trim();
    let expected = match digits(trimmed) {
        Some(seconds) => Some(seconds * 1_000).filter(|ms| *ms < 1 << 53),
        None => date_ms(trimmed).map(|at| (i128::from(at) - i128::from(now_ms)).max(0)),
    };
    let has_too_many_digits = !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit());
    let expected = expected.filter(|_| digits(trimmed).is_some() || !has_too_many_digits);
    assert_eq!(retry_after_ms(&header, now_ms).map(i128::from), expected, "{header}");

    let first = header.split(',').next().unwrap_or_default().trim();
    let is_number = !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit());
    let age_s = digits(first).unwrap_or(if is_number { 1 << 31 } else { 0 }).min(1 << 31);
    assert_eq!(i128::from(age_ms(&header)), age_s * 1_000, "{header}");
    Ok(())
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`: the seconds since the epoch. Does not check the weekday.
fn fixed_date_s(text: &str) -> Option<u64> {
    let fields: Vec<&str> = text.split(' ').collect();
    let [weekday, day, month, year, time, "GMT"] = fields[..] else { return None };
    let is_weekday = weekday.len() == 4 && DAYS.contains(weekday.strip_suffix(',')?);
    let clock: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = clock[..] else { return None };
    let number = |text: &str, length: usize| {
        digits(text).filter(|_| text.len() == length).and_then(|number| u64::try_from(number).ok())
    };
    let month = (month.len() == 3).then(|| MONTHS.find(month)).flatten();
    let month = u64::try_from(month.filter(|at| at % 3 == 0)? / 3).ok()?;
    let (day, year) = (number(day, 2)?, number(year, 4)?);
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let is_leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let length_of = |year: u64, month: u64| match month {
        1 => 28 + u64::from(is_leap(year)),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    };
    let is_real = is_weekday
        && year >= 1970
        && (1..=length_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_real {
        return None;
    }
    let years: u64 = (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum();
    let months: u64 = (0..month).map(|month| length_of(year, month)).sum();
    Some((((years + months + day - 1) * 24 + hour) * 60 + minute) * 60 + second)
}
