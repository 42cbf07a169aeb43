use pay4power_auth::http_time::{age_ms, date_ms, retry_after_ms};
use proptest::prelude::*;

/// 1994-11-06 08:49:37 GMT, the example of RFC 9110.
const EXAMPLE_MS: i64 = 784_111_777_000;

#[test]
fn all_three_forms_are_the_same_instant() {
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(date_ms(text), Some(EXAMPLE_MS), "{text}");
    }
}

#[test]
fn leap_days_and_the_epoch_are_where_they_belong() {
    for (text, ms) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799_000),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000_000),
        ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799_000),
    ] {
        assert_eq!(date_ms(text), Some(ms), "{text}");
    }
    assert_eq!(date_ms("Mon, 29 Feb 2100 00:00:00 GMT"), None);
}

#[test]
fn two_digit_years_are_from_1970_to_2069() {
    let year = |text: &str| date_ms(text).map(|ms| 1970 + ms / 31_556_952_000);
    assert_eq!(year("Wednesday, 01-Jul-26 00:00:00 GMT"), Some(2026));
    assert_eq!(year("Monday, 01-Jul-69 00:00:00 GMT"), Some(2069));
    assert_eq!(year("Wednesday, 01-Jul-70 00:00:00 GMT"), Some(1970));
    assert_eq!(year("Friday, 01-Jul-77 00:00:00 GMT"), Some(1977));
}

#[test]
fn anything_else_is_no_date() {
    for text in [
        "",
        "now",
        "1765634862",
        "2025-12-13T14:07:42Z",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 6 Nov 94 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sol, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 94",
        "Mon, 06 Nov 1994 08:49:37 GMT", // a Sunday
        "Sat, 31 Dec 2016 23:59:60 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
    ] {
        assert_eq!(date_ms(text), None, "{text}");
    }
}

#[test]
fn retry_after_is_seconds_or_a_date_by_the_services_clock() {
    for (header, ms) in [
        ("0", Some(0)),
        ("120", Some(120_000)),
        (" 7 ", Some(7_000)),
        ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000)),
        ("Sunday, 06-Nov-94 08:50:07 GMT", Some(30_000)),
        ("Sun Nov  6 08:50:07 1994", Some(30_000)),
        ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)), // already over
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("0x10", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
        ("99999999999999999999999", None),
        ("9007199254740993", None),
    ] {
        assert_eq!(retry_after_ms(header, EXAMPLE_MS), ms, "{header:?}");
    }
}

proptest! {
    #[test]
    fn text_like_a_date_is_a_date_from_1970_to_9999_or_none(
        text in "(Mon|Fri|Sun), [0-3][0-9] (Feb|Dec) ([01]9|99)[0-9]{2} [0-2][0-9]:[0-6][0-9]:[0-6][0-9] GMT|\
            (Mon|Fri|Sun)day, [0-3][0-9]-(Feb|Dec)-[0-9]{2} [0-2][0-9]:[0-6][0-9]:[0-6][0-9] GMT|\
            (Mon|Fri|Sun) (Feb|Dec) [ 0-3][0-9] [0-2][0-9]:[0-6][0-9]:[0-6][0-9] ([01]9|99)[0-9]{2}",
    ) {
        if let Some(ms) = date_ms(&text) {
            prop_assert!((0..253_402_300_800_000).contains(&ms), "{}", text);
        }
    }
}

#[test]
fn an_age_is_whole_seconds_and_the_first_of_several() {
    const MOST_MS: i64 = (1 << 31) * 1_000;
    for (header, expected) in [
        ("0", 0),
        ("3600", 3_600_000),
        (" 7 ", 7_000),
        ("3600, 7", 3_600_000),
        ("3600,x", 3_600_000),
        ("x, 3600", 0),
        (", 3600", 0),
        ("2147483648", MOST_MS),
        ("2147483649", MOST_MS),
        ("99999999999999999999999999", MOST_MS),
        ("", 0),
        ("-1", 0),
        ("+1", 0),
        ("1.5", 0),
        ("0x10", 0),
        ("an hour", 0),
    ] {
        assert_eq!(age_ms(header), expected, "{header}");
    }
}
