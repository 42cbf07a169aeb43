use pay4power_auth::claims::{self, Claims, MAX_TOKEN};
use pay4power_auth::error::Code;
use pay4power_auth::json::Json;
use serde_json::json;

use crate::support::{KINDS, Value, base64url, json, jwt};

fn decode(token: &str) -> pay4power_auth::error::Result<Value> {
    claims::decode(token.as_bytes())
}

fn claims(text: &str) -> Claims {
    decode(&jwt(text)).expect("claims").read().expect("an object")
}

#[test]
fn the_examples_claims_are_all_there() {
    let response = json(include_str!("../contract/response.json"));
    let all = decode(response.0["data"]["token"].as_str().expect("a token")).expect("claims");
    let mut names: Vec<_> = all.0.as_object().expect("an object").keys().collect();
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
    let claims: Claims = all.read().expect("an object");
    assert_eq!(claims.environment(), Some("TEST"));
    assert_eq!(claims.issued_at_ms(), Some(1_765_634_862_000));
    assert_eq!(claims.not_before_ms(), Some(1_765_634_862_000));
    assert_eq!(claims.expires_at_ms(), Some(1_765_638_462_000));
}

#[test]
fn text_that_is_not_a_jwt_is_refused_without_being_quoted() {
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
        format!("eyJ9.{payload}A.c2ln"), // spare bits
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
fn the_longest_token_can_be_read() {
    let with_length = |bytes: usize| {
        let unsigned = format!("eyJ9.{}.", base64url(b"{}"));
        format!("{unsigned}{}", "A".repeat(bytes - unsigned.len()))
    };
    assert_eq!(decode(&with_length(MAX_TOKEN)).expect("claims"), Value(json!({})));
    let error = decode(&with_length(MAX_TOKEN + 1)).expect_err("a token that is too long");
    assert!(error.message.ends_with("found more than 16 KiB"), "{error}");
}

#[test]
fn an_unsigned_token_can_be_read_too() {
    let token = format!("eyJ9.{}.", base64url(b"{}"));
    assert_eq!(decode(&token).expect("claims"), Value(json!({})));
}

#[test]
fn numeric_dates_are_floored_and_may_be_digits_or_milliseconds() {
    let exp = |value: &str| claims(&format!(r#"{{"exp":{value}}}"#)).expires_at_ms();
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

#[test]
fn claims_pass_through_as_the_host_parsed_them() {
    let deep = format!(r#"{{"deep":{}7{}}}"#, "[".repeat(64), "]".repeat(64));
    for text in [
        r#"{"id":9007199254740993,"large":18446744073709551615,"small":-9007199254740993}"#,
        r#"{"__proto__":{"exp":1765638462},"constructor":null,"iat":1765634862}"#,
        r#"{"text":"é \u0000 \ud83d\ude00"}"#,
        &deep,
    ] {
        assert_eq!(decode(&jwt(text)).expect(text), json(text), "{text}");
    }
    let inherited = claims(r#"{"__proto__":{"exp":1765638462},"iat":1765634862}"#);
    assert_eq!(
        (inherited.expires_at_ms(), inherited.issued_at_ms()),
        (None, Some(1_765_634_862_000))
    );
}

#[test]
fn text_that_the_host_can_not_parse_is_not_json() {
    // The host is serde_json here: it accepts no lone surrogates, and limits nesting.
    let deep = format!(r#"{{"deep":{}7{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
    for text in [r#"{"text":"\ud83d"}"#, r#"{"text":"\ude00\ud83d"}"#, &deep] {
        let error = decode(&jwt(text)).expect_err(text);
        assert!(error.message.ends_with("found a payload that is not JSON"), "{error}");
    }
}

#[test]
fn a_claim_that_is_not_an_instant_counts_as_absent() {
    for name in ["exp", "iat", "nbf", "environment"] {
        for (value, kind) in KINDS {
            let claims = claims(&format!(r#"{{"{name}":{value}}}"#));
            let instants = [claims.expires_at_ms(), claims.issued_at_ms(), claims.not_before_ms()];
            let is_instant = kind == "a number" && name != "environment";
            assert_eq!(
                instants.into_iter().flatten().collect::<Vec<_>>(),
                vec![7_000; is_instant.into()]
            );
            let is_text = kind == "a string" && name == "environment";
            assert_eq!(claims.environment(), is_text.then_some("text"), "{name} {value}");
        }
    }
    let beyond =
        claims(r#"{"exp":9007199254740993,"iat":18446744073709551615,"nbf":-9007199254740993}"#);
    assert_eq!(
        (beyond.expires_at_ms(), beyond.issued_at_ms(), beyond.not_before_ms()),
        (None, None, None)
    );
}
