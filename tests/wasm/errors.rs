//! The record of an error: which parts of an answer it has, and which secrets it must not have.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Exchange, PRIVATE_KEY, at, body, is_same, json, number_at, text_at};

/// Makes an exchange that the service rejects with these details.
async fn refusal(errors: &str, rest: &str) -> Exchange {
    let answer = format!(
        "new Response(JSON.stringify({{ success: false, statusCode: 400, message: 'No.', \
         correlationId: 'id-2', errors: {errors} }}), {{ status: 400 }})"
    );
    Exchange::answered(&answer, rest).await
}

#[wasm_bindgen_test]
async fn an_error_is_a_plain_record() {
    let exchange = refusal("null", "").await;
    let error = exchange.error();
    assert_eq!(
        json(error),
        r#"{"code":"P4P_CREDENTIALS_REJECTED","message":"expected a token from p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token, found the keys rejected (HTTP 400): No.","retryable":false,"status":400,"statusCode":400,"correlationId":"id-2","retryAfterMs":null,"errors":[]}"#
    );
}

#[wasm_bindgen_test]
async fn the_details_of_a_failure_are_passed_on_as_they_came() {
    let details = r#"[{"field":"publicKey","message":"is bad","at":9007199254740991,"more":{"a":[null]}},1,"\ud800"]"#;
    let exchange = refusal(&format!("JSON.parse({})", json(&details.into())), "").await;
    assert_eq!(json(&at(exchange.error(), "errors")), details);
    for other in ["{ a: 1 }", "'text'", "1", "undefined"] {
        let exchange = refusal(other, "").await;
        assert_eq!(json(&at(exchange.error(), "errors")), "[]", "{other}");
    }
}

#[wasm_bindgen_test]
async fn a_private_key_in_the_details_is_not_shown() {
    for details in [
        "[`the key ${key}`]",
        "[{ deep: [{ deeper: { key } }] }]",
        "[{ [key]: 1, [`x ${key} x`]: 2 }]",
        "[JSON.stringify({ key })]",
        "[key + key, { key }]",
    ] {
        for key in [PRIVATE_KEY, r#"PRIV_KEY_\ "quoted"é\t"#] {
            let key = json(&key.into());
            let errors = format!("((key) => ({details}))({key})");
            let exchange = refusal(&errors, &format!("options: {{ privateKey: {key} }}")).await;
            assert_eq!(exchange.code(), "P4P_CREDENTIALS_REJECTED");
            let shown = json(exchange.error());
            assert!(!shown.contains("PRIV_KEY"), "{shown}");
            assert!(shown.contains("[redacted]"), "{shown}");
        }
    }
}

#[wasm_bindgen_test]
async fn a_private_key_in_a_message_that_quotes_the_request_is_not_shown() {
    for key in [PRIVATE_KEY, r#"PRIV_KEY_\ "quoted"\t"#] {
        let exchange = Exchange::answered(
            "new Response(JSON.stringify({ success: false, message: init.body }), { status: 400 })",
            &format!("options: {{ privateKey: {} }}", json(&key.into())),
        )
        .await;
        let message = exchange.message();
        assert!(message.contains(r#""privateKey":"[redacted]""#), "{message}");
    }
}

#[wasm_bindgen_test]
async fn a_private_key_that_comes_escaped_is_not_shown() {
    let answer = "new Response('{\"success\":false,\"message\":\"' + escaped + \
        '\",\"errors\":[{\"a\":\"' + escaped + '\"},{\"' + escaped + '\":1}]}', { status: 401 })";
    let escape = format!(
        "const escaped = [...'{PRIVATE_KEY}'].map((c) => \
         '\\\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')).join('');"
    );
    let exchange =
        Exchange::run(&format!("{escape} return {{ fetch: async () => {answer} }};")).await;
    assert_eq!(exchange.code(), "P4P_CREDENTIALS_REJECTED");
    assert_eq!(json(&at(exchange.error(), "errors")), r#"[{"a":"[redacted]"},{"[redacted]":1}]"#);
    assert!(exchange.message().ends_with(": [redacted]"), "{}", exchange.message());
}

#[wasm_bindgen_test]
async fn an_authorization_in_an_answer_is_not_shown() {
    let options = "options: { authorization: 'Bearer gateway-secret' }";
    let exchange = refusal("['Bearer gateway-secret', { a: 'gateway-secret' }]", options).await;
    assert_eq!(json(&at(exchange.error(), "errors")), r#"["[redacted]",{"a":"[redacted]"}]"#);
}

#[wasm_bindgen_test]
async fn a_token_in_the_message_of_a_failure_is_not_shown() {
    let failing = "JSON.stringify({ success: false, message: 'issued token-12345 and failed', \
        correlationId: 'id-token-12345', errors: ['token-12345'], \
        data: { token: 'token-12345', expiresAt: 4102444800 } })";
    let exchange = body(failing).await;
    let shown = json(exchange.error());
    assert!(!shown.contains("token-12345"), "{shown}");
    assert!(exchange.message().ends_with("issued [redacted] and failed"), "{shown}");
    assert_eq!(text_at(exchange.error(), "correlationId"), "id-[redacted]");
}

#[wasm_bindgen_test]
async fn a_private_key_deep_in_the_details_is_not_shown() {
    let answer = format!(
        "new Response('{{\"success\":false,\"errors\":[' + '['.repeat(100_000) + '\"{PRIVATE_KEY}\"' + \
         ']'.repeat(100_000) + ']}}', {{ status: 401 }})"
    );
    let exchange = Exchange::answered(&answer, "").await;
    assert_eq!(exchange.code(), "P4P_CREDENTIALS_REJECTED");
    // Details that the engine can't write as JSON can't be redacted, so they are left out.
    let is_left_out = number_at(exchange.error(), "errors.length") == 0.0;
    assert!(is_left_out || !json(&at(exchange.error(), "errors")).contains(PRIVATE_KEY));
}

#[wasm_bindgen_test]
async fn a_frameworks_control_flow_is_rejected_with_as_it_is_and_is_final() {
    for fails in [
        "Promise.reject(it)",
        "(() => { throw it; })()",
        "new Response(new ReadableStream({ pull() { throw it; } }))",
    ] {
        let exchange = Exchange::run(&format!(
            "const calls = [];
            const it = Object.assign(new Error('x'), {{ digest: 'HANGING_PROMISE_REJECTION' }});
            const fetch = () => {{ calls.push(it); return {fails}; }};
            return {{ calls, fetch, it }};"
        ))
        .await;
        assert!(is_same(exchange.error(), &at(&exchange.scene, "it")), "{fails}");
        assert_eq!(exchange.calls(), 1.0);
    }
}
