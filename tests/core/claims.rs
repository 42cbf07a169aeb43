use pay4power_auth::claims::{Claims, MAX_TOKEN};
use pay4power_auth::error::Code;
use pay4power_auth::json::Json;

use crate::support::{base64url, json, jwt, parse};

fn decode(token: &str) -> pay4power_auth::error::Result<Claims> {
    Claims::decode(token, &parse)
}

#[test]
fn the_examples_claims_are_all_there() {
    let response = json(include_str!("../contract/response.json"));
    let token = response.get("data").and_then(|d| d.get("token")).and_then(Json::as_text);
    let claims = decode(token.expect("a token")).expect("claims");
    let Json::Object(members) = claims.as_json() else { panic!("no object") };
    let mut names: Vec<_> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "aud",
            "businessName",
            "business_name",
            "category",
            "environment",
            "exp",
            "iat",
            "iss",
            "jti",
            "merchant_id",
            "merchant_name",
            "nbf",
            "public_key",
            "tier",
            "user_id",
        ]
    );
    assert_eq!(claims.environment(), Some("TEST"));
    assert_eq!(claims.issued_at_ms(), Some(1_765_634_862_000));
    assert_eq!(claims.not_before_ms(), Some(1_765_634_862_000));
    assert_eq!(claims.expires_at_ms(), Some(1_765_638_462_000));
}

#[test]
fn what_is_no_jwt_is_refused_without_being_shown() {
    let payload = base64url(br#"{"secret":"value"}"#);
    for token in [
        String::new(),
        "opaque-token".to_owned(),
        format!("a.{payload}"),
        format!("eyJ9.{payload}.c2ln.c2ln"),
        format!("eyJ9.{payload}.c2ln.c2ln.c2ln"),
        format!("Bearer eyJ9.{payload}.c2ln"),
        format!(".{payload}.c2ln"),
        format!("eyJ9.{payload}=.c2ln"),
        format!("eyJ9.{payload}A.c2ln"), // bits left over
        format!("eyJ9.{}.c2ln", base64url(b"not json")),
        format!("eyJ9.{}.c2ln", base64url(b"[1]")),
        format!("eyJ9.{}.c2ln", base64url(b"null")),
        format!("eyJ9.{}.c2ln", base64url(&[0xff, 0xfe])),
        format!("eyJ9.{}.c2ln", "A".repeat(MAX_TOKEN)),
    ] {
        let error = decode(&token).expect_err(&token);
        assert_eq!(error.code, Code::BadToken);
        assert!(!error.message.contains("secret") && !error.message.contains(&payload), "{error}");
    }
}

#[test]
fn an_unsigned_token_can_be_read_too() {
    let token = format!("eyJ9.{}.", base64url(b"{}"));
    assert_eq!(decode(&token).expect("claims").as_json(), &Json::Object(vec![]));
}

#[test]
fn numeric_dates_are_floored_and_may_be_digits_or_milliseconds() {
    let exp = |value: &str| {
        decode(&jwt(&format!(r#"{{"exp":{value}}}"#))).expect("claims").expires_at_ms()
    };
    for (value, ms) in [
        ("1765638462", Some(1_765_638_462_000)),
        ("1765638462.9", Some(1_765_638_462_000)),
        ("\"1765638462\"", Some(1_765_638_462_000)),
        ("1765638462000", Some(1_765_638_462_000)),
        ("100000000000", Some(100_000_000_000_000)),
        ("100000000001", Some(100_000_000_001)),
        ("0", Some(0)),
        ("-1", Some(-1_000)),
        ("1e300", None),
        ("null", None),
        ("\"soon\"", None),
        ("\"\"", None),
        ("\"99999999999999999999\"", None),
        ("true", None),
    ] {
        assert_eq!(exp(value), ms, "{value}");
    }
}
