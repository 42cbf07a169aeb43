//! Whole answers of the token endpoint: a token that can be sent, or an error without secrets.

use arbitrary::{Result, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pay4power_auth::clock_readings::ClockReadings;
use pay4power_auth::error::Code;
use pay4power_auth::json::Json;
use pay4power_auth::response::{
    Answer, Body, FailedAnswer, Interruption, RequestContext, interpret,
};
use serde_json::json;

use crate::bytes::{near, pick, rest, text};
use crate::host::Value;
use crate::redaction::{assert_hidden, redaction_of};

const NOW_MS: i64 = 1_765_634_862_000;
const NOW: &str = "Sat, 13 Dec 2025 14:07:42 GMT";
const PRIVATE_KEY: &str = "PRIV_KEY_sandbox/é\"1";
const TOKEN_URL: &str = "https://service.example/auth/token?key=PRIV_KEY_sandbox/é\"1";

pub fn run(bytes: &[u8]) {
    let _ = check(Unstructured::new(bytes));
}

fn check(mut bytes: Unstructured<'_>) -> Result<()> {
    let status = match bytes.int_in_range(0..=2)? {
        0 => 200,
        1 => pick(
            &mut bytes,
            &[0, 201, 204, 299, 300, 302, 400, 401, 403, 404, 408, 422, 429, 500, 501, 503, 505],
        )?,
        _ => bytes.int_in_range(0..=700)?,
    };
    let sent = ClockReadings { wall_ms: near(&mut bytes, &[NOW_MS, 0])?, monotonic_ms: 0 };
    let received = ClockReadings {
        wall_ms: sent.wall_ms + i64::from(bytes.arbitrary::<i16>()?),
        monotonic_ms: i64::from(bytes.arbitrary::<u16>()?),
    };
    let header = |bytes: &mut Unstructured<'_>| -> Result<Option<String>> {
        Ok(match bytes.int_in_range(0..=3)? {
            0 | 1 => None,
            2 => Some(
                pick(
                    bytes,
                    &[NOW, "5", "0", "99999999999999999999", "Thu, 01 Jan 1970 00:00:00 GMT"],
                )?
                .to_owned(),
            ),
            _ => Some(text(bytes, 30)?),
        })
    };
    let (retry_after, date, age) = (header(&mut bytes)?, header(&mut bytes)?, header(&mut bytes)?);
    let redirected = bytes.ratio(1, 20)?;
    let body = draw_body(&mut bytes)?;
    let secrets = secrets_of(&body);
    let answer = Answer {
        status,
        redirected,
        retry_after: retry_after.as_deref(),
        date: date.as_deref(),
        age: age.as_deref(),
        body: body.clone(),
        sent,
        received,
    };
    let redaction = redaction_of(&[PRIVATE_KEY.to_owned()]);
    let context = RequestContext { token_url: TOKEN_URL, environment: "TEST", redaction };
    let json = match &body {
        Body::Json(Value(json)) => Some(json),
        Body::Other(_) | Body::Interrupted(_) => None,
    };
    let success = json.and_then(|json| json.get("success")?.as_bool());
    match interpret(answer, context) {
        Ok(token) => {
            assert!((200..300).contains(&status) && !redirected && success == Some(true));
            let found = json.and_then(|json| json["data"]["token"].as_str());
            assert_eq!(found, Some(token.value.expose()));
            let is_header = |b: u8| b.is_ascii_alphanumeric() || b".~+/=_-".contains(&b);
            assert!(
                !token.value.expose().is_empty() && token.value.expose().bytes().all(is_header)
            );
            assert!(token.expires_at_ms > received.wall_ms && token.lifetime_ms > 0, "{token:?}");
            assert!(token.expires_at_ms <= 8_640_000_000_000_000, "{token:?}");
            let id = token.correlation_id.as_deref().unwrap_or("id");
            assert!(id.bytes().all(|b| b.is_ascii_graphic()), "{id}");
        }
        Err(failed) => check_failure(&failed, status, redirected, &secrets),
    }
    Ok(())
}

fn check_failure(failed: &FailedAnswer<Value>, http: u16, redirected: bool, secrets: &[String]) {
    let FailedAnswer { error, errors } = failed;
    assert_hidden(&error.message, secrets, 1);
    assert_hidden(error.correlation_id.as_deref().unwrap_or_default(), secrets, 1);
    assert!(!error.message.contains(['\n', '\r', '\u{2028}', '\0', '\u{1b}']), "{error:?}");
    assert!(error.message.len() < 2_000, "{error:?}");
    if let Some(errors) = errors {
        assert!(errors.0.is_array());
        assert_hidden(&errors.stringify().unwrap_or_default(), secrets, 1);
    }
    assert_eq!(error.status, Some(http).filter(|status| *status != 0));
    assert!(error.retry_after_ms.is_none_or(|ms| (0..1 << 53).contains(&ms)), "{error:?}");
    // What the HTTP status alone decides.
    let decided = match http {
        _ if redirected || (300..400).contains(&http) => Some((Code::Redirected, false)),
        429 => Some((Code::RateLimited, true)),
        _ if error.status_code == Some(429) => Some((Code::RateLimited, true)),
        408 | 500 | 502..=504 | 506..600 => Some((Code::ServiceUnavailable, true)),
        501 | 505 => Some((Code::ServiceUnavailable, false)),
        401 => Some((Code::CredentialsRejected, false)),
        _ => None,
    };
    if let Some(decided) = decided {
        assert_eq!((error.code, error.retryable), decided, "{error:?}");
    }
    if error.retryable {
        assert!(!matches!(error.code, Code::CredentialsRejected | Code::Redirected), "{error:?}");
    }
}

/// Returns the texts that no error may show: the private key, and the answer's token if redaction applies to it.
fn secrets_of(body: &Body<Value>) -> Vec<String> {
    let token = match body {
        Body::Json(Value(json)) => json["data"]["token"].as_str(),
        Body::Other(_) | Body::Interrupted(_) => None,
    };
    let can_be_checked = |token: &&str| {
        token.len() >= 8 && token.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
    };
    token.filter(can_be_checked).into_iter().chain([PRIVATE_KEY]).map(str::to_owned).collect()
}

fn draw_body(bytes: &mut Unstructured<'_>) -> Result<Body<Value>> {
    let time_s = |bytes: &mut Unstructured<'_>| -> Result<serde_json::Value> {
        Ok(match bytes.int_in_range(0..=4)? {
            0 | 1 => json!(near(bytes, &[NOW_MS / 1_000, NOW_MS, 0, i64::MAX])?),
            2 => json!(near(bytes, &[NOW_MS / 1_000, NOW_MS])?.to_string()),
            3 => json!(bytes.arbitrary::<f64>()?),
            _ => scalar(bytes)?,
        })
    };
    let token = match bytes.int_in_range(0..=3)? {
        0 => json!("OPAQUE123456"),
        1 => {
            let claims =
                json!({ "iat": time_s(bytes)?, "exp": time_s(bytes)?, "nbf": time_s(bytes)? });
            json!(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())))
        }
        _ => scalar(bytes)?,
    };
    let echo = match bytes.int_in_range(0..=2)? {
        0 => format!("{PRIVATE_KEY} {token}"),
        1 => json!([PRIVATE_KEY, json!({ PRIVATE_KEY: token }).to_string()]).to_string(),
        _ => text(bytes, 20)?,
    };
    let expires_at = time_s(bytes)?;
    let choice: u8 = bytes.int_in_range(0..=19)?;
    Ok(match choice {
        0 => Body::Other("text that is not JSON"),
        1 => Body::Interrupted(Interruption::Network),
        2 => Body::Interrupted(Interruption::Timeout { after_ms: 1_000 }),
        3 => Value::parse(&rest(Unstructured::new(
            bytes.peek_bytes(bytes.len()).unwrap_or_default(),
        )))
        .map_or(Body::Other("text that is not JSON"), Body::Json),
        _ => Body::Json(Value(json!({
            "success": if choice < 14 { json!(true) } else { scalar(bytes)? },
            "statusCode": if choice.is_multiple_of(2) { json!(200) } else { scalar(bytes)? },
            "message": echo,
            "correlationId": if choice.is_multiple_of(3) { json!(echo) } else { scalar(bytes)? },
            "errors": if choice.is_multiple_of(5) { json!([echo, { echo.clone(): [echo] }]) } else { scalar(bytes)? },
            "data": {
                "token": token,
                "expiresAt": expires_at,
                "tokenType": if choice < 16 { json!("Bearer") } else { scalar(bytes)? },
            },
        }))),
    })
}

fn scalar(bytes: &mut Unstructured<'_>) -> Result<serde_json::Value> {
    Ok(match bytes.int_in_range(0..=7)? {
        0 => json!(null),
        1 => json!(bytes.arbitrary::<bool>()?),
        2 => json!(bytes.int_in_range(199..=600)?),
        3 => json!(bytes.int_in_range(199..=600)?.to_string()),
        4 => json!([]),
        5 => json!({}),
        _ => json!(text(bytes, 20)?),
    })
}
