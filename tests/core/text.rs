use pay4power_auth::text::{concat, cut, decimal, digits_value, find, replace};

#[test]
fn numbers_are_written_and_read_as_the_standard_library_does() {
    for number in [0, 7, 10, -1, 120_000, i64::MAX, i64::MIN] {
        assert_eq!(decimal(number), number.to_string());
    }
    let max = i64::MAX.to_string();
    for text in ["0", "007", "1765634862", &max] {
        assert_eq!(digits_value(text), text.parse().ok(), "{text}");
    }
    for text in ["", "+1", "-1", "1.0", " 1", "1 ", "9223372036854775808", "٣"] {
        assert_eq!(digits_value(text), None, "{text}");
    }
}

#[test]
fn parts_are_found_joined_and_replaced_as_the_standard_library_does() {
    assert_eq!(concat(&["a", "", "é"]), "aé");
    for text in ["", "a", "ab", "aab", "abab", "xaabyaab", "éabé", "aaaa", "éé"] {
        for part in ["ab", "aab", "é", "aa", "abababab"] {
            assert_eq!(find(text, part), text.find(part), "{text} {part}");
            assert_eq!(cut(text, part), text.split_once(part), "{text} {part}");
            assert_eq!(replace(text, part, "-"), text.replace(part, "-"), "{text} {part}");
        }
    }
}
