//! Values from a store, which any process may have written.

use arbitrary::{Result, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pay4power_auth::claims::MAX_TOKEN;
use pay4power_auth::stored::{MAX_CLOCK_LAG_MS, Miss, read};
use serde_json::json;

use crate::bytes::{near, pick, rest, text};
use crate::host::Value;
use crate::numbers::floor;

const NOW_MS: i64 = 1_765_634_862_000;

pub fn run(bytes: &[u8]) {
    check(String::from_utf8_lossy(bytes).as_ref(), "TEST", NOW_MS);
    let _ = check_drawn(Unstructured::new(bytes));
}

/// A value with the members of a stored token.
fn check_drawn(mut bytes: Unstructured<'_>) -> Result<()> {
    let wall_ms = near(&mut bytes, &[0, NOW_MS, 8_640_000_000_000_000])?;
    let environment = text(&mut bytes, 4)?;
    let time_s = |bytes: &mut Unstructured<'_>| -> Result<serde_json::Value> {
        Ok(match bytes.int_in_range(0..=3)? {
            0 => json!(near(bytes, &[NOW_MS / 1_000, wall_ms / 1_000])?),
            1 => json!(near(bytes, &[NOW_MS, wall_ms, i64::MAX])?.to_string()),
            2 => json!(bytes.arbitrary::<f64>()?),
            _ => json!(null),
        })
    };
    let mut claims = json!({ "iat": time_s(&mut bytes)?, "exp": time_s(&mut bytes)? });
    if bytes.arbitrary()? {
        claims["nbf"] = time_s(&mut bytes)?;
        claims["environment"] = json!(text(&mut bytes, 4)?);
    }
    let expires_at = match bytes.int_in_range(0..=2)? {
        0 => json!(near(&mut bytes, &[wall_ms, 1 << 53])?),
        1 => json!(pick(&mut bytes, &[0.5, -1.0, 1e300, 1_765_634_862_000.25])?),
        _ => json!(null),
    };
    let token = if bytes.arbitrary()? {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    } else {
        rest(bytes)
    };
    let stored = json!({ "token": token, "expiresAt": expires_at, "correlationId": "id-1" });
    check(&stored.to_string(), &environment, wall_ms);
    Ok(())
}

fn check(stored: &str, environment: &str, wall_ms: i64) {
    let parsed: Option<serde_json::Value> = serde_json::from_str(stored).ok();
    let member = |name: &str| parsed.as_ref().and_then(|parsed| parsed.get(name));
    let expires_at = member("expiresAt").and_then(serde_json::Value::as_f64);
    let is_past = expires_at.and_then(floor).is_some_and(|at_ms| at_ms <= i128::from(wall_ms));
    match read::<Value>(stored, environment, wall_ms) {
        Ok(token) => {
            assert!(!is_past && token.expires_at_ms > wall_ms, "{token:?}");
            assert!(token.lifetime_ms > 0 && token.expires_at_ms <= 8_640_000_000_000_000);
            assert_eq!(member("token").and_then(|text| text.as_str()), Some(token.value.expose()));
            assert!((1..=MAX_TOKEN).contains(&token.value.expose().len()));
            let is_header = |b: u8| b.is_ascii_alphanumeric() || b".~+/=_-".contains(&b);
            assert!(token.value.expose().bytes().all(is_header), "{stored}");
            let id = member("correlationId").and_then(|id| id.as_str());
            assert_eq!(token.correlation_id.as_deref(), id);
            assert!(token.issued_at_ms.is_none_or(|at_ms| at_ms - MAX_CLOCK_LAG_MS <= wall_ms));
            let named =
                token.claims.as_ref().and_then(|Value(all)| all.get("environment")?.as_str());
            assert!(named.is_none_or(|name| name.eq_ignore_ascii_case(environment)));
        }
        Err(Miss::Expired) => assert!(is_past, "{stored}"),
        Err(Miss::Unusable | Miss::Clock) => assert!(!is_past, "{stored}"),
    }
}
