use pay4power_auth::http_date::{parse, retry_after_ms};

/// 1994-11-06 08:49:37 GMT, the example of RFC 9110.
const EXAMPLE_MS: i64 = 784_111_777_000;

#[test]
fn all_three_forms_are_the_same_instant() {
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(parse(text, EXAMPLE_MS), Some(EXAMPLE_MS), "{text}");
    }
}

#[test]
fn leap_days_and_the_epoch_are_where_they_belong() {
    for (text, ms) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799_000),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000_000),
        ("Tue, 01 Mar 2100 00:00:00 GMT", 4_107_542_400_000),
    ] {
        assert_eq!(parse(text, 0), Some(ms), "{text}");
    }
    assert_eq!(parse("Mon, 29 Feb 2100 00:00:00 GMT", 0), None);
}

#[test]
fn two_digit_years_are_at_most_fifty_years_ahead() {
    let in_2026 = 1_790_000_000_000;
    let year = |text: &str| parse(text, in_2026).map(|ms| 1970 + ms / 31_556_952_000);
    assert_eq!(year("Wednesday, 01-Jul-26 00:00:00 GMT"), Some(2026));
    assert_eq!(year("Wednesday, 01-Jul-76 00:00:00 GMT"), Some(2076));
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
    ] {
        assert_eq!(parse(text, EXAMPLE_MS), None, "{text}");
    }
}

#[test]
fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
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
