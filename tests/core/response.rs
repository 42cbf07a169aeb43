use pay4power_auth::error::Code::{self, *};
use pay4power_auth::options::{GivenOptions, Options};
use pay4power_auth::response::Interruption;
use serde_json::json;

use crate::support::{
    Body, Exchange, KINDS, NOW_MS, PRIVATE_KEY, Value, accepted, given, jwt, parse_url, readings,
    secret, text,
};

/// The documented token endpoint as it appears in messages.
const ASKED: &str =
    "p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token";

const GOOD: &str = r#"{"token":"opaque","expiresAt":1765638462,"tokenType":"Bearer"}"#;

#[test]
fn the_contracts_own_example_is_a_token() {
    let token = Exchange::answered(200, include_str!("../contract/response.json")).token();
    assert!(token.value.expose().starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
    assert_eq!(token.expires_at_ms, 1_765_638_462_000);
    assert_eq!(token.issued_at_ms, Some(NOW_MS));
    assert_eq!(token.correlation_id.as_deref(), Some("171695d3-af3b-4d61-be14-1ed803ea13fa"));
    let claims = token.claims.expect("claims");
    assert_eq!(claims.get("merchant_name"), Some(&json!("Merchant_1")));
}

#[test]
fn the_table_of_answers() {
    const OK: &str = r#"{"success":true,"data":{"token":"t","expiresAt":1765638462}}"#;
    const NO: &str = r#"{"success":false}"#;
    let rows: &[(u16, &str, Code, bool)] = &[
        (301, "", Redirected, false),
        (304, "", Redirected, false),
        (307, OK, Redirected, false),
        (308, r#"{"statusCode":429}"#, Redirected, false),
        (429, "", RateLimited, true),
        (429, NO, RateLimited, true),
        (200, r#"{"success":false,"statusCode":429}"#, RateLimited, true),
        (500, r#"{"success":false,"statusCode":429}"#, RateLimited, true),
        (401, r#"{"statusCode":429}"#, RateLimited, true),
        (408, "", ServiceUnavailable, true),
        (500, "", ServiceUnavailable, true),
        (500, r#"{"success":false,"statusCode":401}"#, ServiceUnavailable, true),
        (501, "", ServiceUnavailable, false),
        (502, "<html>", ServiceUnavailable, true),
        (503, OK, ServiceUnavailable, true),
        (505, "", ServiceUnavailable, false),
        (599, "", ServiceUnavailable, true),
        (401, "", CredentialsRejected, false),
        (401, "<html>", CredentialsRejected, false),
        (401, r#"{"success":true,"statusCode":500}"#, CredentialsRejected, false),
        (200, r#"{"success":false,"statusCode":401}"#, CredentialsRejected, false),
        (200, r#"{"success":false,"statusCode":"401"}"#, CredentialsRejected, false),
        (400, NO, CredentialsRejected, false),
        (403, NO, CredentialsRejected, false),
        (422, NO, CredentialsRejected, false),
        (200, r#"{"success":false,"statusCode":400}"#, CredentialsRejected, false),
        (404, r#"{"success":false,"statusCode":422}"#, CredentialsRejected, false),
        (200, r#"{"success":false,"statusCode":500}"#, ServiceUnavailable, true),
        (404, r#"{"success":false,"statusCode":503}"#, ServiceUnavailable, true),
        (200, r#"{"success":true,"statusCode":501,"data":{}}"#, ServiceUnavailable, true),
        (400, "", BadResponse, false),
        (400, r#"{"success":true}"#, BadResponse, false),
        (403, "<html>blocked</html>", BadResponse, false),
        (404, NO, BadResponse, false),
        (418, "", BadResponse, false),
        (200, "", BadResponse, true),
        (200, "<html>", BadResponse, true),
        (200, "{\"success\":tr", BadResponse, true),
        (200, "null", BadResponse, true),
        (200, "[]", BadResponse, true),
        (200, "\"text\"", BadResponse, true),
        (204, "", BadResponse, true),
        (103, "", BadResponse, true),
        (100, OK, BadResponse, true),
        (600, OK, BadResponse, true),
        (200, "{}", BadResponse, false),
        (200, NO, BadResponse, false),
        (
            200,
            r#"{"success":"true","data":{"token":"t","expiresAt":1765638462}}"#,
            BadResponse,
            false,
        ),
        (200, r#"{"success":1,"data":{"token":"t","expiresAt":1765638462}}"#, BadResponse, false),
        (200, r#"{"success":true,"statusCode":404,"data":{}}"#, BadResponse, false),
        (
            200,
            r#"{"success":true,"statusCode":400,"data":{"token":"t","expiresAt":1765638462}}"#,
            BadResponse,
            false,
        ),
        (200, r#"{"success":true}"#, BadResponse, false),
        (200, r#"{"success":true,"data":null}"#, BadResponse, false),
    ];
    for (status, body, code, retryable) in rows {
        let error = Exchange::answered(*status, body).error();
        assert_eq!((error.code, error.retryable), (*code, *retryable), "{status} {body} {error}");
        assert_eq!(error.status, Some(*status));
    }
    Exchange::answered(200, OK).token();
    Exchange::answered(201, OK).token();
}

/// Returns the error message of an exchange with this token endpoint and answer.
fn message_of(token_url: &str, exchange: Exchange) -> String {
    let given = GivenOptions { token_url: text(token_url), ..given() };
    let options = Options::check(&mut { given }, parse_url, false).expect("good options");
    Exchange { options, ..exchange }.error().message
}

#[test]
fn every_error_of_an_answer_names_the_address() {
    let url = "https://p4p.example.com:8443/auth/token?tenant=1";
    let no = r#"{"success":false,"message":"No."}"#;
    let interrupted = |why| Exchange::new(200, Body::Interrupted(why));
    let over = r#"{"token":"opaque","expiresAt":1765634862}"#;
    let envelope = "the service's envelope with a token";
    let cases = [
        (Exchange::answered(302, ""), "a token", "a redirect, which is not followed (HTTP 302)"),
        (Exchange::answered(429, ""), "a token", "a request to call less often (HTTP 429)"),
        (Exchange::answered(503, ""), "a token", "a service that can't answer now (HTTP 503)"),
        (Exchange::answered(401, no), "a token", "the keys rejected (HTTP 401): No."),
        (Exchange::answered(404, "<html>"), envelope, "another failure (HTTP 404)"),
        (Exchange::answered(200, no), envelope, "no `success: true` (HTTP 200): No."),
        (
            Exchange::answered(200, r#"{"success":true,"statusCode":404}"#),
            envelope,
            "`success` with a failure's `statusCode` (HTTP 200)",
        ),
        (Exchange::data("[]"), "an object as `data`", "an array"),
        (Exchange::data(over), "a token in force", "one that has expired"),
        (interrupted(Interruption::Network), "an answer", "no connection or one that broke"),
        (
            interrupted(Interruption::Timeout { after_ms: 10 }),
            "a whole answer within 10 ms",
            "none",
        ),
    ];
    for (exchange, expected, found) in cases {
        assert_eq!(
            message_of(url, exchange),
            format!("expected {expected} from p4p.example.com:8443/auth/token, found {found}")
        );
    }
}

#[test]
fn the_address_in_a_message_is_short_and_without_secrets() {
    let message = |url: &str| message_of(url, Exchange::answered(404, ""));
    let secret = message(&format!("https://example.com/{PRIVATE_KEY}/token?key={PRIVATE_KEY}#a"));
    assert!(secret.contains("from example.com/[redacted]/token, found"), "{secret}");
    let long = message(&format!("https://example.com/{}", "a".repeat(4_096)));
    assert!(long.contains(&format!("from example.com/{}…, found", "a".repeat(188))), "{long}");
}

#[test]
fn a_redirect_that_the_platform_hides_or_has_followed_is_one_too() {
    for status in [0, 200] {
        let exchange = Exchange { redirected: true, ..Exchange::answered(status, &accepted(GOOD)) };
        assert_eq!(exchange.error().code, Redirected);
    }
    let hidden = Exchange { redirected: true, ..Exchange::answered(0, "") };
    assert_eq!(hidden.error().status, None);
}

#[test]
fn a_body_that_breaks_off_counts_only_where_the_body_decides() {
    let timeout = Interruption::Timeout { after_ms: 10 };
    for (status, interruption, code, retryable) in [
        (200, Interruption::Network, Network, true),
        (200, timeout, Timeout, true),
        (400, Interruption::Network, Network, true),
        (403, timeout, Timeout, true),
        (401, timeout, CredentialsRejected, false),
        (429, Interruption::Network, RateLimited, true),
        (503, timeout, ServiceUnavailable, true),
        (404, Interruption::Network, BadResponse, false),
    ] {
        let error = Exchange::new(status, Body::Interrupted(interruption)).error();
        assert_eq!((error.code, error.retryable), (code, retryable), "{status} {interruption:?}");
    }
    for interruption in [timeout, Interruption::Network] {
        assert!(interruption.to_error(&Exchange::answered(200, "").context()).retryable);
    }
}

#[test]
fn data_of_another_shape_is_a_bad_response() {
    let with_length =
        |bytes| format!(r#"{{"token":"{}","expiresAt":1765638462}}"#, "a".repeat(bytes));
    let long = with_length(16 * 1024 + 1);
    Exchange::data(&with_length(16 * 1024)).token();
    for data in [
        "[]",
        "\"token\"",
        "{}",
        r#"{"token":null,"expiresAt":1765638462}"#,
        r#"{"token":1,"expiresAt":1765638462}"#,
        r#"{"token":"","expiresAt":1765638462}"#,
        r#"{"token":"a b","expiresAt":1765638462}"#,
        r#"{"token":"a\r\nX-Evil: 1","expiresAt":1765638462}"#,
        r#"{"token":"é","expiresAt":1765638462}"#,
        r#"{"token":"opaque"}"#,
        r#"{"token":"opaque","expiresAt":null}"#,
        r#"{"token":"opaque","expiresAt":1765638462.5}"#,
        r#"{"token":"opaque","expiresAt":0}"#,
        r#"{"token":"opaque","expiresAt":-1}"#,
        r#"{"token":"opaque","expiresAt":9007199254740992}"#,
        r#"{"token":"opaque","expiresAt":1e300}"#,
        r#"{"token":"opaque","expiresAt":"soon"}"#,
        r#"{"token":"opaque","expiresAt":""}"#,
        r#"{"token":"opaque","expiresAt":true}"#,
        &long,
    ] {
        let error = Exchange::data(data).error();
        assert_eq!((error.code, error.retryable), (BadResponse, false), "{data} {error}");
    }
}

#[test]
fn expires_at_may_be_digits_or_milliseconds() {
    for expires_at in ["1765638462", "\"1765638462\"", "1765638462000", "\"1765638462000\""] {
        let data = format!(r#"{{"token":"opaque","expiresAt":{expires_at}}}"#);
        assert_eq!(Exchange::data(&data).token().expires_at_ms, 1_765_638_462_000, "{expires_at}");
    }
}

#[test]
fn the_earlier_of_exp_and_expires_at_is_the_end() {
    let end = |exp: &str, expires_at: &str| {
        let token = jwt(&format!(r#"{{"iat":1765634862{exp}}}"#));
        Exchange::data(&format!(r#"{{"token":"{token}"{expires_at}}}"#)).token().expires_at_ms
    };
    assert_eq!(end(r#","exp":1765634900"#, r#","expiresAt":1765635000"#), 1_765_634_900_000);
    assert_eq!(end(r#","exp":1765635000"#, r#","expiresAt":1765634900"#), 1_765_634_900_000);
    assert_eq!(end(r#","exp":1765635000"#, ""), 1_765_635_000_000);
    assert_eq!(end("", r#","expiresAt":1765634900"#), 1_765_634_900_000);
    assert_eq!(end(r#","exp":null"#, r#","expiresAt":1765634900"#), 1_765_634_900_000);
}

#[test]
fn a_token_that_matches_the_contract_may_still_be_unusable() {
    let expired = jwt(r#"{"iat":1765631262,"exp":1765634862}"#);
    let ahead = jwt(r#"{"iat":1765634862,"nbf":1765634868,"exp":1765638462}"#);
    let other = jwt(r#"{"iat":1765634862,"environment":"LIVE","exp":1765638462}"#);
    for data in [
        format!(r#"{{"token":"{expired}"}}"#),
        format!(r#"{{"token":"{ahead}"}}"#),
        format!(r#"{{"token":"{other}"}}"#),
        r#"{"token":"opaque","expiresAt":1765634862}"#.to_owned(),
        r#"{"token":"opaque","expiresAt":1765638462,"tokenType":"Basic"}"#.to_owned(),
        r#"{"token":"opaque","expiresAt":1765638462,"tokenType":""}"#.to_owned(),
        r#"{"token":"opaque","expiresAt":1765638462,"tokenType":null}"#.to_owned(),
        r#"{"token":"opaque","expiresAt":1765638462,"tokenType":7}"#.to_owned(),
    ] {
        // Expired by its own `exp`; with a `Date` header also without `iat`.
        let exchange =
            Exchange { date: Some("Sat, 13 Dec 2025 14:07:42 GMT"), ..Exchange::data(&data) };
        let error = exchange.error();
        assert_eq!((error.code, error.retryable), (TokenUnusable, false), "{data} {error}");
        assert_eq!(error.correlation_id.as_deref(), Some("id-1"));
    }
    for kind in ["Bearer", "bearer", "BEARER"] {
        Exchange::data(&GOOD.replace("Bearer", kind)).token();
    }
    Exchange::data(r#"{"token":"opaque","expiresAt":1765638462}"#).token();
}

#[test]
fn an_opaque_token_has_no_claims() {
    let token = Exchange::data(r#"{"token":"A-._~+/=z","expiresAt":1765638462}"#).token();
    assert!(token.claims.is_none() && token.issued_at_ms.is_none());
}

#[test]
fn an_error_has_the_status_the_correlation_id_and_the_wait() {
    let body = r#"{"success":false,"message":"Invalid\ncredentials.","errors":[{"field":"publicKey"}],
        "statusCode":401,"correlationId":"171695d3-af3b","data":null}"#;
    let failed = Exchange { retry_after: Some("7"), ..Exchange::answered(200, body) }.failed();
    let error = failed.error;
    assert_eq!((error.status, error.status_code), (Some(200), Some(401)));
    assert_eq!(error.correlation_id.as_deref(), Some("171695d3-af3b"));
    assert_eq!(error.retry_after_ms, Some(7_000));
    assert_eq!(failed.errors, Some(Value(json!([{ "field": "publicKey" }]))));
    assert!(error.message.ends_with(": Invalid credentials."), "{error}");
}

#[test]
fn a_retry_after_date_is_relative_to_the_answers_own_date() {
    let exchange = Exchange {
        date: Some("Sun, 06 Nov 1994 08:49:37 GMT"),
        retry_after: Some("Sun, 06 Nov 1994 08:50:07 GMT"),
        ..Exchange::answered(503, "")
    };
    assert_eq!(exchange.error().retry_after_ms, Some(30_000));
}

#[test]
fn the_age_of_an_answer_counts() {
    let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
    let retry_after = Some("Sun, 06 Nov 1994 08:50:07 GMT");
    let exchange = Exchange { date, retry_after, age: Some("10"), ..Exchange::answered(503, "") };
    assert_eq!(exchange.error().retry_after_ms, Some(20_000));

    let date = Some("Sat, 13 Dec 2025 14:07:42 GMT");
    let kept = |age| Exchange { date, age: Some(age), ..Exchange::data(GOOD) };
    let off_ms = NOW_MS + 600_000;
    let exchange =
        Exchange { sent: readings(off_ms, 0), received: readings(off_ms + 80, 80), ..kept("600") };
    assert_eq!(exchange.token().expires_at_ms, Exchange::data(GOOD).token().expires_at_ms);
    let error = kept("3600").error();
    assert_eq!((error.code, error.retryable), (TokenUnusable, false));
    assert!(error.message.ends_with("found one that has expired"), "{error}");
}

#[test]
fn a_token_that_was_over_on_arrival_may_be_asked_for_again() {
    let received = readings(NOW_MS + 7_200_000, 80);
    let error = Exchange { received, ..Exchange::data(GOOD) }.error();
    assert_eq!((error.code, error.retryable), (TokenUnusable, true));
    assert!(error.message.ends_with("found one that expired on its way"), "{error}");
}

#[test]
fn a_body_that_does_not_match_the_contract_is_never_quoted() {
    let error = Exchange::answered(200, "<html>internal details</html>").error();
    assert!(!error.message.contains("internal"), "{error}");
}

#[test]
fn a_server_that_echoes_secrets_is_scrubbed() {
    let given = GivenOptions { authorization: Some(secret("Bearer gateway-secret")), ..given() };
    let options = Options::check(&mut { given }, parse_url, false).expect("good options");
    let body = format!(
        r#"{{"success":false,"statusCode":401,"message":"no {PRIVATE_KEY} or gateway-secret",
        "errors":["{PRIVATE_KEY}",{{"{PRIVATE_KEY}":["Bearer gateway-secret"]}}],
        "correlationId":"{PRIVATE_KEY}"}}"#
    );
    let failed = Exchange { options, ..Exchange::answered(401, &body) }.failed();
    let error = serde_json::to_string(&failed.error).expect("JSON");
    let shown = format!("{} {failed:?} {error}", failed.error);
    assert!(!shown.contains(PRIVATE_KEY) && !shown.contains("gateway-secret"), "{shown}");
    assert!(shown.contains("[redacted]"));
}

#[test]
fn a_correlation_id_is_short_and_plain_or_nothing() {
    for id in [r#""""#, r#""a b""#, r#""a\nb""#, "7", "null"] {
        let body = format!(r#"{{"success":false,"correlationId":{id}}}"#);
        assert_eq!(Exchange::answered(401, &body).error().correlation_id, None, "{id}");
    }
    let long = format!(r#"{{"success":false,"correlationId":"{}"}}"#, "a".repeat(129));
    assert_eq!(Exchange::answered(401, &long).error().correlation_id, None);
}

#[test]
fn codes_are_unique_and_named_alike() {
    let names: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(names.iter().all(|name| name.starts_with("P4P_")));
}

#[test]
fn a_token_prints_without_its_value() {
    let printed = format!("{:?}", Exchange::data(GOOD).token());
    assert!(!printed.contains("opaque"), "{printed}");
}

#[test]
fn a_server_that_echoes_the_token_is_scrubbed() {
    let body = |token: &str| {
        format!(
            r#"{{"success":false,"statusCode":401,"message":"no {token}","errors":[{{"{token}":"{token}"}}],
            "correlationId":"{token}","data":{{"token":"{token}"}}}}"#
        )
    };
    let token = jwt(r#"{"iat":1765634862,"exp":1765638462}"#);
    for token in [token.as_str(), "an-opaque-token", "8-bytes!"] {
        let failed = Exchange::answered(401, &body(token)).failed();
        let shown = format!("{} {failed:?}", failed.error);
        assert!(!shown.contains(token), "{shown}");
        assert_eq!(failed.errors, Some(Value(json!([{ "[redacted]": "[redacted]" }]))));
    }
    // A secret this short would match by chance.
    assert!(Exchange::answered(401, &body("7-bytes")).error().message.contains("7-bytes"));

    let accepted =
        accepted(GOOD).replace("opaque", "an-opaque-token").replace("id-1", "an-opaque-token");
    let token = Exchange::answered(200, &accepted).token();
    assert_eq!(token.value.expose(), "an-opaque-token");
    assert_eq!(token.correlation_id.as_deref(), Some("[redacted]"));
}

#[test]
fn details_are_an_array_or_not_passed_on() {
    for (errors, kind) in KINDS {
        let body = format!(r#"{{"success":false,"errors":{errors}}}"#);
        let passed_on = Exchange::answered(401, &body).failed().errors.is_some();
        assert_eq!(passed_on, kind == "an array", "{errors}");
    }
    assert_eq!(Exchange::answered(401, r#"{"success":false}"#).failed().errors, None);
}

#[test]
fn any_value_in_the_envelope_is_a_token_or_an_error_with_a_code() {
    for name in ["success", "message", "errors", "statusCode", "correlationId", "data"] {
        for (value, kind) in KINDS {
            for (status, code) in [(200, BadResponse), (401, CredentialsRejected)] {
                let error = Exchange::answered(status, &format!(r#"{{"{name}":{value}}}"#)).error();
                assert_eq!(error.code, code, "{name} {value} {error}");
                assert_eq!(error.message.contains("text"), (name, kind) == ("message", "a string"));
            }
        }
    }
}

#[test]
fn unknown_members_are_ignored() {
    for name in ["message", "errors", "statusCode", "correlationId"] {
        for (value, _) in KINDS {
            let body = format!(r#"{{"success":true,"{name}":{value},"data":{GOOD}}}"#);
            assert_eq!(Exchange::answered(200, &body).token().value.expose(), "opaque", "{body}");
        }
    }
}

#[test]
fn data_of_any_kind_is_told_by_its_kind() {
    for (value, kind) in KINDS {
        let message = Exchange::data(value).error().message;
        if kind == "an object" {
            assert!(
                message.contains(&format!(
                    "a bearer token as `data.token` from {ASKED}, found nothing"
                )),
                "{message}"
            );
        } else {
            assert!(
                message.ends_with(&format!("an object as `data` from {ASKED}, found {kind}")),
                "{message}"
            );
        }
        let message = Exchange::data(&format!(r#"{{"token":{value}}}"#)).error().message;
        if kind == "a string" {
            assert!(message.ends_with("found neither"), "{message}");
        } else {
            assert!(
                message.ends_with(&format!("`data.token` from {ASKED}, found {kind}")),
                "{message}"
            );
        }
        let message =
            Exchange::data(&format!(r#"{{"token":"opaque","expiresAt":{value}}}"#)).error().message;
        assert!(
            message
                .contains(&format!("of the epoch as `data.expiresAt` from {ASKED}, found {kind}")),
            "{message}"
        );
        let data = format!(r#"{{"token":"opaque","expiresAt":1765638462,"tokenType":{value}}}"#);
        assert_eq!(Exchange::data(&data).error().code, TokenUnusable, "{data}");
    }
    let absent = Exchange::answered(200, r#"{"success":true}"#).error().message;
    assert!(absent.ends_with("found null"), "{absent}");
}

#[test]
fn an_error_and_a_token_are_written_as_callers_see_them() {
    let body = r#"{"success":false,"statusCode":401,"correlationId":"id-1"}"#;
    let error = Exchange { retry_after: Some("7"), ..Exchange::answered(200, body) }.error();
    assert_eq!(error.to_string(), format!("P4P_CREDENTIALS_REJECTED: {}", error.message));
    assert_eq!(
        serde_json::to_value(&error).expect("JSON"),
        json!({
            "code": "P4P_CREDENTIALS_REJECTED",
            "message": format!("expected a token from {ASKED}, found the keys rejected (HTTP 200)"),
            "retryable": false,
            "status": 200,
            "statusCode": 401,
            "correlationId": "id-1",
            "retryAfterMs": 7_000,
        })
    );
    assert_eq!(
        serde_json::to_value(Exchange::data(GOOD).token()).expect("JSON"),
        json!({
            "value": "opaque",
            "expiresAtMs": 1_765_638_462_000_i64,
            "statedEndMs": 1_765_638_462_000_i64,
            "lifetimeMs": 3_600_000,
            "issuedAtMs": null,
            "claims": null,
            "correlationId": "id-1",
        })
    );
}
