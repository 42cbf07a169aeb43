use pay4power_auth::json::Json;
use pay4power_auth::secret::{MIN_REDACTED_LENGTH, Redaction, Secret, without_scheme};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Value, secret};

fn redaction(private_key: &str) -> Redaction {
    let mut redaction = Redaction::of_lines("");
    redaction.add(secret(private_key));
    redaction
}

#[test]
fn a_secret_prints_as_redacted() {
    let secret = Secret::new("PRIV_KEY_sandbox".to_owned());
    assert_eq!(format!("{secret:?}"), "[redacted]");
    assert_eq!(secret.expose(), "PRIV_KEY_sandbox");
}

#[test]
fn every_appearance_is_replaced_but_not_of_short_ones() {
    let secrets = ["12345678", "1234567"];
    assert_eq!(secrets[0].len(), MIN_REDACTED_LENGTH);
    let mut redaction = redaction(secrets[0]);
    redaction.add(secret(secrets[1]));
    let redacted = redaction.text("a 12345678 b 12345678, 1234567.".to_owned());
    assert_eq!(redacted, "a [redacted] b [redacted], 1234567.");
}

#[test]
fn without_its_scheme_an_authorization_is_the_text_after_it() {
    assert_eq!(without_scheme("Bearer abc"), "abc");
    assert_eq!(without_scheme("abc"), "abc");
    assert_eq!(without_scheme(" abc\n"), "abc");
}

#[test]
fn a_secret_is_deserialized_and_prints_as_redacted_in_a_redaction_too() {
    let secret: Secret = serde_json::from_str(r#""PRIV_KEY_\"sandbox""#).expect("a secret");
    assert_eq!(secret.expose(), "PRIV_KEY_\"sandbox");
    assert!(!format!("{:?}", Redaction::of_lines(secret.expose())).contains("sandbox"));
}

#[test]
fn each_line_is_taken_out_but_not_a_short_one() {
    let redaction = Redaction::of_lines(
        "private-key
Bearer gateway-token
gateway-token

7-bytes",
    );
    let text = "private-key Bearer gateway-token gateway-token Bearer 7-bytes";
    let redacted = "[redacted] [redacted] [redacted] Bearer 7-bytes";
    assert_eq!(redaction.text(text.to_owned()), redacted);
}

#[test]
fn a_secret_within_another_leaves_nothing_of_that_behind() {
    for (first, second) in [("part-of-it", "a part-of-it all"), ("a part-of-it all", "part-of-it")]
    {
        let mut redaction = redaction(first);
        redaction.add(secret(second));
        assert_eq!(redaction.text("x a part-of-it all y".to_owned()), "x [redacted] y");
        let value = redaction.json(Value(json!(["a part-of-it all"])));
        assert_eq!(value, Some(Value(json!(["[redacted]"]))));
    }
}

#[test]
fn json_without_a_secret_is_the_very_same_value() {
    let value = Value(json!({
        "__proto__": [9_007_199_254_740_993_u64, -0.0, 1e300, null, true, "é\n\u{1}"],
        "7-bytes": "7-bytes",
    }));
    let redaction = redaction("7-bytes");
    assert_eq!(redaction.json(value.clone()), Some(value));
}

#[test]
fn secrets_are_taken_out_of_json_wherever_they_stand() {
    for key in [
        "PRIV_KEY_sandbox-tests",
        "quote \" in it",
        "back\\slash in it",
        "back\\slash at its end\\",
        "\u{1}\u{1f}\n\t\r\u{8}\u{c} controls",
        "é \u{1f600} \u{2028} beyond ASCII",
        "\"],[\"looks like JSON",
        "</script>",
    ] {
        let value = Value(json!({
            "text": format!("a {key}{key} b"),
            key: { "nested": [[key], { "deeper": { format!("x{key}"): key } }] },
            "other": [1, null, "other"],
        }));
        // Backslashes at the secret's end stay: they reveal nothing.
        let kept = "\\".repeat(key.len() - key.trim_end_matches('\\').len());
        let redacted = format!("[redacted]{kept}");
        let value_redacted = Value(json!({
            "text": format!("a [redacted]{redacted} b"),
            redacted.clone(): {
                "nested": [[redacted], { "deeper": { format!("x{redacted}"): redacted } }]
            },
            "other": [1, null, "other"],
        }));
        assert_eq!(redaction(key).json(value), Some(value_redacted), "{key}");
        let quoting = json!({ "quoted": key }).to_string();
        let redacted = json!({ "quoted": redacted }).to_string();
        assert_eq!(redaction(key).text(quoting.clone()), redacted, "{key}");
        assert_eq!(
            redaction(key).json(Value(json!([quoting]))),
            Some(Value(json!([redacted]))),
            "{key}"
        );
    }
}

#[test]
fn secrets_are_taken_out_however_json_escapes_them() {
    let secret = "opaque/token+of==\u{1f600}é";
    for escaped in [
        r"opaque\/token+of==😀é",
        r"opaque\u002ftoken\u002Bof\u003d\u003D\ud83d\ude00\u00e9",
        r"\u006f\u0070aque/token+of==\uD83D\uDE00é",
        r"opaque\\\/token\\u002bof==\\ud83d\\ude00é", // twice
        r"opaque\u005cu002ftoken\u005c\u005cu002bof==😀é",
        r"opaque\\\\\\\\/token+of==😀é",
        r"opaque/token+of==\u005cud83d\u005cude00é", // twice, as found by the fuzz target `redaction`
    ] {
        let text = format!("before \"{escaped}\" after");
        assert_eq!(redaction(secret).text(text), "before \"[redacted]\" after", "{escaped}");
    }
    // After a backslash, the secret's first letters look like an escape. Found by the fuzz target `redaction`.
    let text = redaction("ubeef/token").text(r"C:\\ubeef\/token".to_owned());
    assert_eq!(text, r"C:\\[redacted]");
    for other in ["opaque/token-of==😀é", r"opaque\u002ftoken", r"opaque\u00", "opaque\\"] {
        assert_eq!(redaction(secret).text(other.to_owned()), other);
    }
}

#[test]
fn an_escape_of_another_character_is_no_part_of_a_secret() {
    for (secret, other) in [
        ("opaque/token", r#"opaque\"token"#),
        ("opaque/token", r"opaque\ntoken"),
        ("line\nbreak in it", "linenbreak in it"),
    ] {
        assert_eq!(redaction(secret).text(other.to_owned()), other);
    }
}

#[test]
fn text_that_is_made_to_be_slow_is_not() {
    for part in ["\\", r"\u005c", r"\", "P", r"P\"] {
        let text = part.repeat(1_000_000 / part.len());
        assert_eq!(redaction("PRIV_KEY_sandbox").text(text.clone()), text);
    }
    assert_eq!(redaction(r"\\\\\\\\").text(r"\\\\\\\\".to_owned()), r"\\\\\\\\");
}

#[test]
fn a_secret_that_is_a_number_or_looks_like_json_is_never_shown() {
    for (key, value) in [
        ("12345678", json!([12_345_678])),
        ("12345678", json!({ "a": 9_123_456_789_u64 })),
        ("12345678", json!({ "12345678": "12345678", "number": 12_345_678 })),
        ("12345.678", json!(12_345.678)),
        ("true,null", json!([true, null])),
        (r#"","b":"c"#, json!({ "a": "", "b": "c" })),
        // The text before the secret escapes the bracket.
        ("newline-", json!(["\newline-"])),
        ("u0001secret", json!(["\u{1}secret"])),
    ] {
        let shown = redaction(key).json(Value(value)).and_then(|value| value.stringify());
        assert!(!shown.as_deref().unwrap_or_default().contains(key), "{key} {shown:?}");
    }
    assert_eq!(redaction("12345678").json(Value(json!([12_345_678]))), None);
}

proptest! {
    #[test]
    fn no_secret_remains(
        key in "[a-c\"\\\\\n\u{1}é1-3]{8,12}",
        (before, after) in ("[a-c\"\\\\\n1]{0,3}", "[a-c\"\\\\\n1]{0,3}"),
    ) {
        let text = format!("{before}{key}{after}");
        let value = Value(json!({ text.clone(): [{ "text": text }] }));
        let left = redaction(&key).json(value).map_or(json!({}), |Value(left)| left);
        for (name, inner) in left.as_object().expect("an object") {
            let inner = inner[0]["text"].as_str().expect("a text");
            prop_assert!(!name.contains(&key) && !inner.contains(&key), "{name:?} {inner:?}");
        }
    }
}
