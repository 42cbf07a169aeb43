use pay4power_auth::json::{floor, whole};

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
