//! The shell inside a JavaScript engine: what crosses the border, and what fetch is called with.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "tests are named for what they show")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use js_sys::{Function, JSON, Object, Reflect};
use pay4power_auth::js;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

/// Evaluates a JavaScript expression.
fn eval(expression: &str) -> JsValue {
    let body = format!("'use strict'; return ({expression})");
    Function::new_no_args(&body).call0(&JsValue::UNDEFINED).expect("a test's own JavaScript")
}

/// The member at `path`, by dots.
fn at(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, name| {
        Reflect::get(&value, &JsValue::from_str(name)).expect("an object")
    })
}

fn text_at(value: &JsValue, path: &str) -> String {
    at(value, path).as_string().unwrap_or_else(|| panic!("{path} is no string in {value:?}"))
}

/// Runs an exchange with these options, beside good keys.
async fn exchange(options: &str) -> JsValue {
    let good = "publicKey: 'PUB_KEY_sandbox-tests', privateKey: 'PRIV_KEY_sandbox-tests'";
    let options = eval(&format!("Object.assign({{ {good} }}, {options})"));
    JsFuture::from(js::exchange(&options, false)).await.expect("always resolves")
}

/// The expression of a fetch that answers with this body.
fn answers(body: &str) -> String {
    format!("{{ fetch: async () => new Response({body}) }}")
}

const GOOD: &str = "JSON.stringify({ success: true, correlationId: 'id-1', \
    data: { token: 'opaque', expiresAt: 4102444800, tokenType: 'Bearer' } })";

#[wasm_bindgen_test]
async fn an_exchange_ends_in_a_token() {
    let outcome = exchange(&answers(GOOD)).await;
    let token: Object = at(&outcome, "token").unchecked_into();
    Reflect::delete_property(&token, &"lifetimeMs".into()).expect("a plain object");
    assert_eq!(
        String::from(JSON::stringify(&token).expect("JSON")),
        r#"{"value":"opaque","expiresAtMs":4102444800000,"issuedAtMs":null,"claims":null,"correlationId":"id-1"}"#
    );
}

#[wasm_bindgen_test]
async fn fetch_is_called_once_unbound_with_the_contracts_request() {
    let options = format!(
        "(() => {{
            const calls = [];
            async function fetch(url, init) {{
                const headers = Object.fromEntries(new Headers(init.headers));
                calls.push({{ url, method: init.method, body: init.body, headers, rest: Object.keys(init).sort().join(), redirect: init.redirect, bound: this !== undefined }});
                return new Response({GOOD});
            }}
            return {{ fetch, authorization: 'Bearer gateway', calls }};
        }})()"
    );
    let options = eval(&format!(
        "Object.assign({options}, {{ publicKey: 'PUB_KEY_sandbox-\"tests', privateKey: 'PRIV_KEY_sandbox-tests' }})"
    ));
    JsFuture::from(js::exchange(&options, false)).await.expect("always resolves");
    let calls = at(&options, "calls");
    assert_eq!(at(&calls, "length").as_f64(), Some(1.0));
    let call = at(&calls, "0");
    assert_eq!(
        text_at(&call, "url"),
        "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token"
    );
    assert_eq!(text_at(&call, "method"), "POST");
    assert_eq!(
        text_at(&call, "body"),
        r#"{"publicKey":"PUB_KEY_sandbox-\"tests","privateKey":"PRIV_KEY_sandbox-tests","environment":"TEST"}"#
    );
    let headers = String::from(JSON::stringify(&at(&call, "headers")).expect("JSON"));
    assert_eq!(
        headers,
        r#"{"accept":"application/json","authorization":"Bearer gateway","content-type":"application/json"}"#
    );
    assert_eq!(text_at(&call, "redirect"), "manual");
    assert_eq!(text_at(&call, "rest"), "body,headers,method,redirect,signal");
    assert_eq!(at(&call, "bound").as_bool(), Some(false));
}

#[wasm_bindgen_test]
async fn a_fetch_that_gives_no_response_is_a_clear_error() {
    for value in ["undefined", "null", "42", "'text'", "{ status: 200 }", "Promise.resolve([])"] {
        let outcome = exchange(&format!("{{ fetch: async () => ({value}) }}")).await;
        assert_eq!(text_at(&outcome, "error.code"), "P4P_BAD_RESPONSE", "{value}");
    }
    for thrower in
        ["async () => { throw new TypeError('down') }", "() => { throw new TypeError('down') }"]
    {
        let outcome = exchange(&format!("{{ fetch: {thrower} }}")).await;
        assert_eq!(text_at(&outcome, "error.code"), "P4P_NETWORK");
        assert_eq!(text_at(&outcome, "cause.message"), "down");
    }
}

#[wasm_bindgen_test]
async fn hostile_bodies_do_not_trap() {
    for body in [
        "'['.repeat(400_000)",
        "'['.repeat(100_000) + ']'.repeat(100_000)",
        "'{\"a\":'.repeat(100_000) + '1' + '}'.repeat(100_000)",
        "new Uint8Array([0xff, 0xfe])",
        "'x'.repeat(1_048_577)",
        "'{\"__proto__\":{\"success\":true}}'",
        "null",
    ] {
        let outcome = exchange(&answers(body)).await;
        assert_eq!(text_at(&outcome, "error.code"), "P4P_BAD_RESPONSE", "{body}");
    }
    let outcome = exchange(&answers(&format!("'\\ufeff' + {GOOD}"))).await;
    assert_eq!(text_at(&outcome, "token.value"), "opaque", "a byte order mark is no harm");
}

#[wasm_bindgen_test]
async fn an_attempt_ends_when_its_time_is_over() {
    let silent = "{ timeoutMs: 20, fetch: () => new Promise(() => {}) }";
    assert_eq!(text_at(&exchange(silent).await, "error.code"), "P4P_TIMEOUT");
    let stalls = "{ timeoutMs: 20, fetch: async () => new Response(new ReadableStream({ pull() { return new Promise(() => {}) } })) }";
    assert_eq!(text_at(&exchange(stalls).await, "error.code"), "P4P_TIMEOUT");
}

#[wasm_bindgen_test]
async fn a_caller_who_leaves_gets_the_reason_back() {
    let before = exchange("{ signal: AbortSignal.abort('left'), fetch: () => { throw 1 } }").await;
    assert_eq!(text_at(&before, "aborted"), "left");
    let during = exchange(
        "(() => { const c = new AbortController(); \
         return { signal: c.signal, fetch: () => { c.abort('left'); return new Promise(() => {}) } } })()",
    )
    .await;
    assert_eq!(text_at(&during, "aborted"), "left");
}

#[wasm_bindgen_test]
async fn what_is_no_signal_or_no_fetch_is_named() {
    for (options, name) in [
        ("{ signal: {} }", "`signal`"),
        ("{ signal: null }", "`signal`"),
        ("{ fetch: 'fetch' }", "`fetch`"),
        ("{ fetch: null }", "`fetch`"),
        ("{ tokenUrl: 10n }", "`tokenUrl`"),
        ("{ retries: Symbol() }", "`retries`"),
    ] {
        let outcome = exchange(options).await;
        assert_eq!(text_at(&outcome, "error.code"), "P4P_INVALID_OPTIONS");
        assert!(text_at(&outcome, "error.message").contains(name), "{options}");
    }
}

#[wasm_bindgen_test]
fn claims_and_expiry_cross_the_border() {
    let claims = js::decode_claims(&"eyJ9.eyJqdGkiOiJhIiwiYXVkIjpbImIiXX0.c2ln".into());
    assert_eq!(text_at(&claims, "claims.jti"), "a");
    assert_eq!(text_at(&claims, "claims.aud.0"), "b");
    assert_eq!(text_at(&js::decode_claims(&eval("{}")), "error.code"), "P4P_BAD_TOKEN");
    assert_eq!(at(&js::is_expired(10.0, 10.0, 0.0), "expired").as_bool(), Some(true));
    assert_eq!(at(&js::expires_in_ms(10.0, 4.5), "ms").as_f64(), Some(5.5));
    assert_eq!(text_at(&js::is_expired(10.0, f64::NAN, 0.0), "error.code"), "P4P_INVALID_OPTIONS");
}
