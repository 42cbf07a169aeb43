//! The shell inside a JavaScript engine: what crosses the border, and what fetch is called with.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "tests are named for what they show")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use pay4power_auth::json::MAX_DEPTH;
use pay4power_auth::wasm as js;
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

/// Runs an exchange with these options, beside good keys, as the TypeScript side would.
async fn exchange(options: &str) -> JsValue {
    exchange_of(&eval(options)).await
}

async fn exchange_of(options: &JsValue) -> JsValue {
    let good = eval(
        "{ publicKey: 'PUB_KEY_sandbox-tests', privateKey: 'PRIV_KEY_sandbox-tests', \
         signal: new AbortController().signal }",
    );
    let options: Object = Object::assign(good.unchecked_ref(), options.unchecked_ref());
    let mut step = js::exchange(&options, false);
    while Array::is_array(&step) {
        step = match JsFuture::from(Promise::resolve(&at(&step, "1"))).await {
            Ok(value) => js::resume(task_of(&step), value, 0),
            Err(thrown) => js::resume(task_of(&step), thrown, 1),
        };
    }
    step
}

/// The number of the task that waits.
fn task_of(step: &JsValue) -> u32 {
    let number = at(step, "0").as_f64().expect("a number");
    format!("{number}").parse().expect("a whole number")
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
        r#"{"value":"opaque","expiresAtMs":4102444800000,"statedEndMs":4102444800000,"issuedAtMs":null,"claims":null,"correlationId":"id-1"}"#
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
    let options = eval(&options);
    Reflect::set(&options, &"publicKey".into(), &"PUB_KEY_sandbox-\"tests".into())
        .expect("a plain object");
    exchange_of(&options).await;
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
async fn whether_more_of_an_answer_is_to_come_is_told() {
    let whole = |outcome: &JsValue| at(outcome, "whole").as_bool();
    assert_eq!(whole(&exchange(&answers(GOOD)).await), Some(true));
    assert_eq!(whole(&exchange(&answers("'not JSON'")).await), Some(true));
    assert_eq!(whole(&exchange(&answers("'x'.repeat(1_048_577)")).await), Some(false));
    let redirect = "{ fetch: async () => new Response('x', { status: 302 }) }";
    assert_eq!(whole(&exchange(redirect).await), Some(false));
}

/// What an exchange that never ends by itself has come to: `[task, promise]`.
fn silent() -> JsValue {
    js::exchange(
        &eval(
            "{ publicKey: 'PUB_KEY_sandbox-tests', privateKey: 'PRIV_KEY_sandbox-tests', \
             timeoutMs: 1, fetch: () => new Promise(() => {}) }",
        ),
        false,
    )
}

#[wasm_bindgen_test]
fn an_attempt_ends_when_its_time_is_over() {
    let end = js::resume(task_of(&silent()), JsValue::UNDEFINED, 2);
    assert_eq!(text_at(&end, "error.code"), "P4P_TIMEOUT");
    assert!(text_at(&end, "error.message").contains("within 1 ms"));
}

#[wasm_bindgen_test]
fn a_task_goes_on_once_and_ends_with_its_caller() {
    let (one, other) = (task_of(&silent()), task_of(&silent()));
    assert_ne!(one, other);
    assert!(js::resume(one, JsValue::UNDEFINED, 3).is_undefined());
    for why in 0..4 {
        assert!(js::resume(one, JsValue::UNDEFINED, why).is_undefined());
    }
    let end = js::resume(other, JsValue::UNDEFINED, 2);
    assert_eq!(text_at(&end, "error.code"), "P4P_TIMEOUT");
    assert!(js::resume(other, JsValue::UNDEFINED, 2).is_undefined());
}

#[wasm_bindgen_test]
fn a_task_that_nobody_comes_back_for_is_forgotten() {
    let with_clock = |shift: &str| {
        eval(&format!(
            "(() => {{ const steady = performance.now(); performance.now = () => steady + {shift}; }})()"
        ));
    };
    let real = eval("performance.now.bind(performance)");
    let left = task_of(&silent());
    with_clock("59_000");
    let kept = task_of(&silent());
    with_clock("2_000");
    let last = task_of(&silent());
    Reflect::set(&eval("performance"), &"now".into(), &real).expect("an object");
    assert!(js::resume(left, JsValue::UNDEFINED, 2).is_undefined());
    for task in [kept, last] {
        assert!(js::resume(task, JsValue::UNDEFINED, 2).is_object());
    }
}

#[wasm_bindgen_test]
async fn what_is_no_key_and_no_address_is_named() {
    for (options, name, found) in [
        ("{ publicKey: [] }", "`publicKey`", "an object"),
        ("{ environment: null }", "`environment`", "null"),
        ("{ tokenUrl: 10n }", "`tokenUrl`", "a bigint"),
        ("{ retries: Symbol() }", "`retries`", "a symbol"),
        ("{ authorization: () => 1 }", "`authorization`", "a function"),
    ] {
        let outcome = exchange(options).await;
        assert_eq!(text_at(&outcome, "error.code"), "P4P_INVALID_OPTIONS");
        let message = text_at(&outcome, "error.message");
        assert!(message.contains(name) && message.ends_with(found), "{message}");
    }
}

#[wasm_bindgen_test]
fn every_kind_of_value_crosses_the_border_both_ways() {
    let claims = r#"{"a":[null,true,1.5,"é",[],{}],"b":-2,"c":{"d":{"e":[[1]]}}}"#;
    assert_eq!(claims_back(claims).as_deref(), Some(claims));
    let dropped = r#"{"__proto__":{"success":true},"a":{"__proto__":1,"b":2}}"#;
    assert_eq!(claims_back(dropped).as_deref(), Some(r#"{"a":{"b":2}}"#));
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(claims_back(&nested(usize::from(MAX_DEPTH) - 1)).is_some());
    assert!(claims_back(&nested(usize::from(MAX_DEPTH))).is_none());
}

/// What these claims are after they were read and given back.
fn claims_back(claims: &str) -> Option<String> {
    let encode = eval("json => btoa(String.fromCharCode(...new TextEncoder().encode(json)))");
    let encode: Function = encode.unchecked_into();
    let encoded = encode.call1(&JsValue::UNDEFINED, &claims.into()).expect("base64");
    let payload = encoded.as_string().expect("text").replace('+', "-").replace('/', "_");
    let payload = payload.trim_end_matches('=');
    let decoded = js::decode_claims(&format!("e30.{payload}.c2ln").into());
    let claims = at(&decoded, "claims");
    (!claims.is_undefined()).then(|| String::from(JSON::stringify(&claims).expect("JSON")))
}

#[wasm_bindgen_test]
fn claims_cross_the_border() {
    let claims = js::decode_claims(&"eyJ9.eyJqdGkiOiJhIiwiYXVkIjpbImIiXX0.c2ln".into());
    assert_eq!(text_at(&claims, "claims.jti"), "a");
    assert_eq!(text_at(&claims, "claims.aud.0"), "b");
    assert_eq!(text_at(&js::decode_claims(&eval("{}")), "error.code"), "P4P_BAD_TOKEN");
}
