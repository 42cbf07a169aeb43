use pay4power_auth::json::{Json, MAX_DEPTH, floor, whole};

use crate::support::{json, parse};

#[test]
fn every_kind_survives_the_way_there_and_back() {
    let text = r#"{"a":[null,true,1.5,"é",{}],"b":-2.0}"#;
    assert_eq!(serde_json::to_string(&json(text)).expect("JSON"), text);
}

#[test]
fn nesting_ends_at_a_depth() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(&nested(usize::from(MAX_DEPTH))).is_some());
    assert!(parse(&nested(usize::from(MAX_DEPTH) + 1)).is_none());
    let objects = r#"{"a":"#.repeat(65) + "1" + &"}".repeat(65);
    assert!(parse(&objects).is_none());
}

#[test]
fn a_prototype_is_no_member() {
    assert_eq!(json(r#"{"__proto__":{"success":true}}"#), Json::Object(vec![]));
}

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
