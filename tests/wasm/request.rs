//! The request, the record of a token, and invalid answers.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{
    Exchange, GOOD, at, body, bool_at, eval, is_same, json, number_at, text_at, with_options,
};

#[wasm_bindgen_test]
async fn an_exchange_ends_in_the_record_of_a_token() {
    let exchange = body(GOOD).await;
    let token = exchange.token();
    assert!(number_at(token, "lifetimeMs") > 0.0);
    Reflect::delete_property(token.unchecked_ref::<Object>(), &"lifetimeMs".into())
        .expect("a plain object");
    assert_eq!(
        json(token),
        r#"{"value":"opaque","expiresAtMs":4102444800000,"statedEndMs":4102444800000,"issuedAtMs":null,"claims":null,"correlationId":"id-1"}"#
    );
}

#[wasm_bindgen_test]
async fn fetch_is_called_once_unbound_with_the_contracts_request() {
    let exchange = Exchange::run(&format!(
        "const calls = [];
        async function fetch(url, init) {{
            const headers = Object.fromEntries(new Headers(init.headers));
            const {{ method, body, redirect, signal }} = init;
            calls.push({{ url, method, body, headers, redirect, rest: Object.keys(init).sort().join(),
                given: arguments.length, bound: this !== undefined, live: signal.aborted === false }});
            return new Response({GOOD});
        }}
        const options = {{ publicKey: 'PUB_KEY_sandbox-\"tests', authorization: 'Bearer gateway' }};
        return {{ calls, fetch, options }};"
    ))
    .await;
    exchange.token();
    assert_eq!(exchange.calls(), 1.0);
    let call = at(&exchange.scene, "calls.0");
    assert_eq!(
        text_at(&call, "url"),
        "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token"
    );
    assert_eq!(text_at(&call, "method"), "POST");
    assert_eq!(
        text_at(&call, "body"),
        r#"{"publicKey":"PUB_KEY_sandbox-\"tests","privateKey":"PRIV_KEY_sandbox-tests","environment":"TEST"}"#
    );
    assert_eq!(
        json(&at(&call, "headers")),
        r#"{"accept":"application/json","authorization":"Bearer gateway","content-type":"application/json"}"#
    );
    assert_eq!(text_at(&call, "redirect"), "manual");
    assert_eq!(text_at(&call, "rest"), "body,headers,method,redirect,signal");
    assert_eq!(number_at(&call, "given"), 2.0);
    assert!(!bool_at(&call, "bound"));
    assert!(bool_at(&call, "live"));
}

#[wasm_bindgen_test]
async fn without_a_fetch_the_platforms_is_called_as_it_is_now() {
    let real = eval("globalThis.fetch");
    let exchange = Exchange::run(&format!(
        "const calls = [];
        globalThis.fetch = async (url) => {{ calls.push(url); return new Response({GOOD}); }};
        return {{ calls }};"
    ))
    .await;
    Reflect::set(&eval("globalThis"), &"fetch".into(), &real).expect("an object");
    assert_eq!(text_at(exchange.token(), "value"), "opaque");
    assert_eq!(exchange.calls(), 1.0);
}

#[wasm_bindgen_test]
async fn a_fetch_that_resolves_to_no_response_is_a_bad_response() {
    for (value, found) in [
        ("undefined", "nothing"),
        ("null", "null"),
        ("42", "a number"),
        ("'text'", "a string"),
        ("{ status: 200 }", "an object"),
        ("Promise.resolve([])", "an object"),
        ("Object.create(null)", "an object"),
    ] {
        let exchange = Exchange::answered(&format!("({value})"), "").await;
        assert_eq!(exchange.code(), "P4P_BAD_RESPONSE", "{value}");
        assert!(exchange.message().ends_with(found), "{}", exchange.message());
    }
    let exchange = Exchange::run("return { fetch: () => 42 };").await;
    assert_eq!(exchange.code(), "P4P_BAD_RESPONSE");
}

#[wasm_bindgen_test]
async fn an_exception_of_fetch_is_the_cause_of_a_network_error() {
    for fetch in ["async () => { throw thrown }", "() => { throw thrown }"] {
        for thrown in ["new TypeError('down')", "'down'", "null", "Object.create(null)"] {
            let scene = format!(
                "const thrown = {thrown}; const fetch = {fetch}; return {{ thrown, fetch }};"
            );
            let exchange = Exchange::run(&scene).await;
            assert_eq!(exchange.code(), "P4P_NETWORK");
            assert!(bool_at(exchange.error(), "retryable"));
            assert!(is_same(&at(exchange.error(), "cause"), &at(&exchange.scene, "thrown")));
        }
    }
}

#[wasm_bindgen_test]
async fn a_body_that_breaks_off_is_a_network_error_with_its_cause() {
    let exchange = Exchange::run(
        "const thrown = new Error('broken');
        const fetch = async () => new Response(new ReadableStream({
            start: (stream) => stream.error(thrown),
        }));
        return { thrown, fetch };",
    )
    .await;
    assert_eq!(exchange.code(), "P4P_NETWORK");
    assert!(is_same(&at(exchange.error(), "cause"), &at(&exchange.scene, "thrown")));
}

#[wasm_bindgen_test]
async fn hostile_bodies_do_not_trap() {
    for text in [
        "'['.repeat(400_000)",
        "'['.repeat(100_000) + ']'.repeat(100_000)",
        "'{\"a\":'.repeat(100_000) + '1' + '}'.repeat(100_000)",
        "'{\"success\":true,\"data\":' + '['.repeat(100_000) + ']'.repeat(100_000) + '}'",
        "'{\"success\":true,\"data\":{\"token\":' + '['.repeat(100_000) + ']'.repeat(100_000) + '}}'",
        "'{\"success\":false,\"errors\":[' + '['.repeat(100_000) + ']'.repeat(100_000) + ']}'",
        "'{\"success\":' + '{\"a\":'.repeat(100_000) + '1' + '}'.repeat(100_000) + '}'",
        "'{\"success\":false,\"message\":\"\\\\ud800\",\"statusCode\":1e999}'",
        "'{\"success\":true,\"data\":{\"token\":\"\\\\udc00\",\"expiresAt\":1e308}}'",
        "new Uint8Array([0xff, 0xfe])",
        "'x'.repeat(1_048_577)",
        "'{\"__proto__\":{\"success\":true}}'",
        "''",
        "null",
    ] {
        let exchange = body(text).await;
        assert_eq!(exchange.code(), "P4P_BAD_RESPONSE", "{text}");
    }
    let exchange = body(&format!("'\\ufeff' + {GOOD}")).await;
    assert_eq!(text_at(exchange.token(), "value"), "opaque", "a byte order mark is no harm");
}

#[wasm_bindgen_test]
async fn an_answer_in_many_chunks_is_read_whole() {
    let exchange = Exchange::answered(
        &format!(
            "new Response(new ReadableStream({{ start(stream) {{
                for (const byte of new TextEncoder().encode({GOOD})) {{
                    stream.enqueue(new Uint8Array([byte]));
                }}
                stream.close();
            }} }}))"
        ),
        "",
    )
    .await;
    assert_eq!(text_at(exchange.token(), "value"), "opaque");
    assert!(!exchange.is_request_ended());
}

#[wasm_bindgen_test]
async fn a_request_is_ended_when_its_answer_was_not_read_whole() {
    let good = format!("new Response({GOOD})");
    for (answer, is_ended) in [
        (good.as_str(), false),
        ("new Response('not JSON')", false),
        ("new Response('{}', { status: 401 })", false),
        ("new Response('x'.repeat(1_048_576))", false),
        ("new Response('x'.repeat(1_048_577))", true),
        ("new Response('x', { status: 302 })", true),
        ("new Response(null, { status: 304 })", true),
        ("({ status: 200 })", true),
    ] {
        let exchange = Exchange::answered(answer, "").await;
        assert_eq!(exchange.is_request_ended(), is_ended, "{answer}");
    }
    let exchange = Exchange::answered("new Response('x', { status: 302 })", "").await;
    assert_eq!(exchange.code(), "P4P_REDIRECTED");
    assert_eq!(number_at(exchange.error(), "status"), 302.0);
}

#[wasm_bindgen_test]
async fn a_polluted_prototype_is_no_answer() {
    let polluted = "new Response((Object.assign(Object.prototype, { success: true, \
        data: { token: 'polluted', expiresAt: 4102444800 } }), '{\"statusCode\":200}'))";
    let inner = "new Response((Object.assign(Object.prototype, { token: 'polluted', \
        expiresAt: 4102444800 }), '{\"success\":true,\"data\":{}}'))";
    for answer in [polluted, inner] {
        let exchange = Exchange::answered(answer, &with_options("{ timeoutMs: 1000 }")).await;
        let was_polluted = eval(
            "['success', 'data', 'token', 'expiresAt']
                .filter((name) => Reflect.has({}, name) && delete Object.prototype[name]).length",
        );
        assert_eq!(was_polluted.as_f64(), Some(2.0));
        assert_eq!(exchange.code(), "P4P_BAD_RESPONSE");
    }
}
