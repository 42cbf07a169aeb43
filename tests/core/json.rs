use pay4power_auth::envelope::{Envelope, TokenData};
use pay4power_auth::json::{Json, Scalar};
use serde::Deserialize as _;
use serde::de::value::{BytesDeserializer, Error};

use crate::support::{KINDS, Value, json};

#[test]
fn a_scalar_is_whatever_there_is() {
    for (text, scalar) in [
        ("null", Scalar::Null),
        ("true", Scalar::Bool(true)),
        ("false", Scalar::Bool(false)),
        ("7", Scalar::Number(7.0)),
        ("-7", Scalar::Number(-7.0)),
        ("1.5", Scalar::Number(1.5)),
        ("18446744073709551615", Scalar::Number(18_446_744_073_709_551_615.0)),
        (r#""a\"b""#, Scalar::Text("a\"b".to_owned())),
        (r#"[1,[2,{"a":[]}]]"#, Scalar::Array),
        (r#"{"a":{"b":[1]},"c":null}"#, Scalar::Object),
    ] {
        assert_eq!(serde_json::from_str::<Scalar>(text).expect(text), scalar, "streamed {text}");
        assert_eq!(serde_json::from_value::<Scalar>(json(text).0).expect(text), scalar, "{text}");
        assert_eq!(scalar.kind(), json(text).kind(), "{text}");
    }
    assert_eq!((Scalar::default(), Scalar::Absent.kind()), (Scalar::Absent, "nothing"));
}

/// In JavaScript, a typed array is bytes to serde.
#[test]
fn bytes_are_an_object() {
    let bytes = BytesDeserializer::<Error>::new(b"bytes");
    assert_eq!(Scalar::deserialize(bytes), Ok(Scalar::Object));
}

#[test]
fn only_a_text_is_one() {
    for (text, kind) in KINDS {
        let scalar: Scalar = serde_json::from_str(text).expect(text);
        assert_eq!(scalar.as_text(), (kind == "a string").then_some("text"), "{text}");
    }
}

#[test]
fn a_scalar_reads_nested_values_to_their_end() {
    let text = r#"{"token":[1,{"token":2}],"expiresAt":{"expiresAt":3},"tokenType":4}"#;
    let TokenData { token, expires_at, token_type } = serde_json::from_str(text).expect("data");
    assert_eq!((token, expires_at), (Scalar::Array, Scalar::Object));
    assert_eq!(token_type, Scalar::Number(4.0));
}

#[test]
fn an_absent_member_is_not_null() {
    let TokenData { token, expires_at, token_type } =
        json(r#"{"token":null}"#).read().expect("data");
    assert_eq!(token, Scalar::Null);
    assert_eq!((expires_at, token_type), (Scalar::Absent, Scalar::Absent));
}

#[test]
fn only_an_object_is_an_envelope() {
    for (text, kind) in KINDS {
        assert_eq!(Envelope::<Value>::read(&json(text)).is_some(), kind == "an object", "{text}");
    }
    // serde accepts an array as a sequence of the members.
    assert!(Envelope::<Value>::read(&json(r#"[true,"text",null,200,"id-1",null]"#)).is_none());
}
