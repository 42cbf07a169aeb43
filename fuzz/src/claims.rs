//! The claims of a JWT with any JSON as its payload, against `serde_json`'s own reading.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pay4power_auth::claims::{Claims, MAX_TOKEN, decode};
use pay4power_auth::error::Code;
use pay4power_auth::json::Json;

use crate::host::Value;
use crate::numbers::claim_ms;

pub fn run(bytes: &[u8]) {
    let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(bytes));
    let decoded = decode::<Value>(token.as_bytes());
    let parsed: Option<serde_json::Value> =
        std::str::from_utf8(bytes).ok().and_then(|text| serde_json::from_str(text).ok());
    match (&decoded, &parsed) {
        (Ok(Value(claims)), Some(expected)) => assert_eq!(claims, expected),
        (Ok(claims), None) => panic!("claims from text that is not JSON: {claims:?}"),
        (Err(error), _) => {
            assert_eq!(error.code, Code::BadToken);
            let is_object = parsed.as_ref().is_some_and(serde_json::Value::is_object);
            assert!(!is_object || token.len() > MAX_TOKEN, "{error:?}");
            return;
        }
    }
    let (Ok(all), Some(parsed)) = (decoded, parsed) else { return };
    let claims: Claims = all.read().expect("an object is always readable");
    for (found, name) in [
        (claims.issued_at_ms(), "iat"),
        (claims.not_before_ms(), "nbf"),
        (claims.expires_at_ms(), "exp"),
    ] {
        assert_eq!(found.map(i128::from), claim_ms(parsed.get(name)), "{name}");
    }
    assert_eq!(claims.environment(), parsed.get("environment").and_then(|name| name.as_str()));
}
