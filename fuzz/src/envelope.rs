//! The envelope of an answer and its `data`, against `serde_json`'s own reading.

use pay4power_auth::envelope::{Envelope, Success, TokenData};
use pay4power_auth::json::{Json, Scalar};

use crate::host::Value;
use crate::numbers::{digits, floor};

pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(body) = Value::parse(&text) else { return };
    let Some(envelope) = Envelope::read(&body) else {
        assert!(!body.0.is_object(), "an object is always an envelope");
        return;
    };
    let member = |name: &str| body.0.get(name);
    assert!(body.0.is_object());
    let success = match member("success").and_then(serde_json::Value::as_bool) {
        Some(true) => Success::Yes,
        Some(false) => Success::No,
        None => Success::Unclear,
    };
    assert_eq!(envelope.success(), success);
    assert_eq!(envelope.message(), member("message").and_then(|message| message.as_str()));
    let status = match member("statusCode") {
        Some(serde_json::Value::Number(number)) => {
            let number = number.as_f64().expect("a number of JSON is a float");
            floor(number).filter(|_| number.fract() == 0.0)
        }
        Some(serde_json::Value::String(text)) => digits(text),
        _ => None,
    };
    let status = status.filter(|status| (0..=0xffff).contains(status));
    assert_eq!(envelope.status_code().map(i128::from), status);
    let id = member("correlationId").and_then(|id| id.as_str());
    let is_id = |id: &&str| {
        !id.is_empty() && id.len() <= 128 && id.chars().all(|c| ('!'..='~').contains(&c))
    };
    assert_eq!(envelope.correlation_id(), id.filter(is_id));
    let data = member("data").filter(|data| !data.is_null());
    assert_eq!(envelope.data().map(|Value(data)| data), data);
    read_token_data(data);
    let errors = member("errors").filter(|errors| errors.is_array()).cloned();
    assert_eq!(envelope.into_errors().map(|Value(errors)| errors), errors);
}

fn read_token_data(data: Option<&serde_json::Value>) {
    let Some(object) = data.filter(|data| data.is_object()) else { return };
    let read: TokenData = Value(object.clone()).read().expect("an object is always readable");
    for (found, name) in
        [(read.token, "token"), (read.expires_at, "expiresAt"), (read.token_type, "tokenType")]
    {
        let expected = match object.get(name) {
            None => Scalar::Absent,
            Some(serde_json::Value::Null) => Scalar::Null,
            Some(serde_json::Value::Bool(value)) => Scalar::Bool(*value),
            Some(serde_json::Value::Number(number)) => {
                Scalar::Number(number.as_f64().expect("a number of JSON is a float"))
            }
            Some(serde_json::Value::String(text)) => Scalar::Text(text.clone()),
            Some(serde_json::Value::Array(_)) => Scalar::Array,
            Some(serde_json::Value::Object(_)) => Scalar::Object,
        };
        assert_eq!(found, expected, "{name}");
    }
}
