use pay4power_auth::stored::{MAX_CLOCK_LAG_MS, Miss, read};

use crate::support::{KINDS, NOW_MS, Token, Value, jwt};

const END_MS: i64 = NOW_MS + 3_600_000;

fn stored() -> String {
    let claims = format!(
        r#"{{"iat":{},"nbf":{0},"exp":{},"environment":"TEST"}}"#,
        NOW_MS / 1_000,
        END_MS / 1_000
    );
    format!(r#"{{"token":"{}","expiresAt":{END_MS},"correlationId":"id-1"}}"#, jwt(&claims))
}

fn read_at(now_ms: i64) -> Result<Token, Miss> {
    read(&stored(), "TEST", now_ms)
}

#[test]
fn a_token_keeps_its_end_and_its_whole_life() {
    let token = read_at(NOW_MS + 600_000).expect("a token");
    assert_eq!(token.expires_at_ms, END_MS);
    assert_eq!(token.stated_expires_at_ms, END_MS);
    assert_eq!(token.lifetime_ms, 3_600_000);
    assert_eq!(token.issued_at_ms, Some(NOW_MS));
    assert_eq!(token.correlation_id.as_deref(), Some("id-1"));
}

#[test]
fn it_ends_by_the_readers_clock() {
    assert!(read_at(END_MS - 1).is_ok());
    assert_eq!(read_at(END_MS).err(), Some(Miss::Expired));
}

#[test]
fn a_clock_too_far_behind_can_not_read_it() {
    assert_eq!(read_at(NOW_MS - MAX_CLOCK_LAG_MS - 1).err(), Some(Miss::Clock));
    let token = read_at(NOW_MS - MAX_CLOCK_LAG_MS).expect("a token");
    let lives_ms = token.expires_at_ms - (NOW_MS - MAX_CLOCK_LAG_MS);
    assert_eq!(lives_ms, 3_599_000, "as long as it can at most, a second for the rounding less");
}

#[test]
fn an_opaque_token_is_kept_too() {
    let text = format!(r#"{{"token":"opaque","expiresAt":{END_MS},"correlationId":null}}"#);
    let token: Token = read(&text, "TEST", NOW_MS).expect("a token");
    assert_eq!((token.expires_at_ms, token.correlation_id), (END_MS, None));
}

#[test]
fn a_value_that_is_not_a_stored_token_is_a_miss() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "not JSON",
        r#"{"token":7,"expiresAt":1}"#,
        r#"{"token":"a b","expiresAt":2765638462000}"#,
        r#"{"token":"opaque"}"#,
        r#"{"token":"opaque","expiresAt":"soon"}"#,
    ] {
        let miss = read::<Value>(text, "TEST", NOW_MS).err();
        assert!(matches!(miss, Some(Miss::Unusable | Miss::Expired)), "{text}");
    }
}

#[test]
fn a_token_for_another_environment_is_a_miss() {
    assert_eq!(read::<Value>(&stored(), "LIVE", NOW_MS).err(), Some(Miss::Unusable));
}

#[test]
fn any_value_in_a_store_is_a_token_or_a_miss() {
    for (value, kind) in KINDS {
        assert_eq!(read::<Value>(value, "TEST", NOW_MS).err(), Some(Miss::Unusable), "{value}");
        let end = format!(r#"{{"token":"opaque","expiresAt":{value}}}"#);
        let miss = if kind == "a number" { Miss::Expired } else { Miss::Unusable };
        assert_eq!(read::<Value>(&end, "TEST", NOW_MS).err(), Some(miss), "{value}");
        let id = format!(r#"{{"token":"opaque","expiresAt":{END_MS},"correlationId":{value}}}"#);
        let token: Token = read(&id, "TEST", NOW_MS).expect("a token");
        assert_eq!(token.correlation_id.is_some(), kind == "a string", "{value}");
    }
}

#[test]
fn a_miss_is_written_as_its_reason() {
    let reasons = [Miss::Unusable, Miss::Expired, Miss::Clock];
    let written = serde_json::to_string(&reasons).expect("JSON");
    assert_eq!(written, r#"["unusable","expired","clock"]"#);
}
