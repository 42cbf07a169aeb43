use pay4power_auth::numbers::{MAX_INTEGER, digits, float, floor, whole};

#[test]
fn whole_numbers_are_exact_ones() {
    let max = 9_007_199_254_740_991.0;
    for (number, floored, exact) in [
        (1.5, Some(1), None),
        (-1.5, Some(-2), None),
        (0.0, Some(0), Some(0)),
        (max, Some(9_007_199_254_740_991), Some(9_007_199_254_740_991)),
        (max + 1.0, None, None),
        (f64::NAN, None, None),
        (f64::NEG_INFINITY, None, None),
    ] {
        assert_eq!((floor(number), whole(number)), (floored, exact), "{number}");
    }
}

#[test]
fn digits_are_digits_only() {
    let max = i64::MAX.to_string();
    for text in ["0", "007", "1765634862", &max] {
        assert_eq!(digits(text), text.parse().ok(), "{text}");
    }
    for text in ["", "+1", "-1", "1.0", " 1", "1 ", "9223372036854775808", "٣"] {
        assert_eq!(digits(text), None, "{text}");
    }
}

#[test]
fn floats_are_exact_up_to_the_largest_integer() {
    for number in [0, 1, -1, MAX_INTEGER, -MAX_INTEGER] {
        assert_eq!(whole(float(number)), Some(number));
    }
}
