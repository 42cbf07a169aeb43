//! Invalid options: the error names the option, and no request is sent.

use pay4power_auth::options::{DEFAULT_TOKEN_URL, OPTION_TYPES, OptionType};
use pay4power_auth::wasm::authenticate::authenticate;
use pay4power_auth::wasm::{check_client, check_keyless};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Exchange, GOOD, PRIVATE_KEY, eval, json, text_at, with_options};

/// Makes an exchange with invalid options, which must send no request.
async fn refused(options: &str) -> Exchange {
    let exchange =
        Exchange::answered(&format!("new Response({GOOD})"), &with_options(options)).await;
    assert_eq!(exchange.code(), "P4P_INVALID_OPTIONS", "{options}");
    assert_eq!(exchange.calls(), 0.0, "{options}");
    assert!(!json(exchange.error()).contains("KEY_sandbox"), "{options}");
    exchange
}

#[wasm_bindgen_test]
async fn every_option_of_another_type_is_named() {
    for (name, of) in OPTION_TYPES {
        for (value, found) in [
            (format!("['{PRIVATE_KEY}']"), "an object"),
            (format!("{{ value: '{PRIVATE_KEY}' }}"), "an object"),
            ("null".to_owned(), "null"),
            ("10n".to_owned(), "a bigint"),
            (format!("Symbol('{PRIVATE_KEY}')"), "a symbol"),
            (format!("() => '{PRIVATE_KEY}'"), "a function"),
            (if *of == OptionType::Text { "1" } else { "'PRIV_KEY_sandbox-1'" }.to_owned(), {
                if *of == OptionType::Text { "a number" } else { "a string" }
            }),
            (if *of == OptionType::Boolean { "1" } else { "true" }.to_owned(), {
                if *of == OptionType::Boolean { "a number" } else { "a boolean" }
            }),
        ] {
            let exchange = refused(&format!("{{ {name}: {value} }}")).await;
            let message = exchange.message();
            let begin = format!("`{name}` must be ");
            assert!(message.starts_with(&begin) && message.ends_with(found), "{message}");
        }
    }
}

#[wasm_bindgen_test]
async fn options_that_are_no_object_are_named() {
    for (options, found) in [
        ("undefined", "nothing"),
        ("null", "null"),
        ("'PRIV_KEY_sandbox-tests'", "a string"),
        ("1n", "a bigint"),
        ("Symbol()", "a symbol"),
    ] {
        let error = authenticate(eval(options), None, None, None).await.expect_err("no options");
        assert_eq!(text_at(&error, "code"), "P4P_INVALID_OPTIONS");
        assert_eq!(
            text_at(&error, "message"),
            format!("`options` must be an object, found {found}")
        );
    }
}

#[wasm_bindgen_test]
async fn a_getter_that_throws_does_not_trap() {
    let exchange =
        refused("{ get privateKey() { throw new Error('PRIV_KEY_sandbox-tests') } }").await;
    let message = exchange.message();
    assert_eq!(message, "`privateKey` must be readable, found a getter that throws");
    let hostile = "new Proxy({}, { get() { throw new Error('PRIV_KEY_sandbox-tests') } })";
    let error = authenticate(eval(hostile), None, None, None).await.expect_err("no options");
    assert_eq!(text_at(&error, "code"), "P4P_INVALID_OPTIONS");
    for error in [check_client(&eval(hostile)), check_keyless(&eval(hostile))] {
        let error = error.expect_err("no options");
        assert_eq!(text_at(&error, "code"), "P4P_INVALID_OPTIONS");
        assert!(!json(&error).contains("KEY_sandbox"));
    }
}

#[wasm_bindgen_test]
async fn an_option_is_read_once_before_it_is_checked() {
    let exchange = Exchange::answered(
        &format!("new Response({GOOD})"),
        "reads: calls.reads = [], options: { get tokenUrl() {
            return calls.reads.push(1) === 1 ? 'https://good.example/' : 'https://evil.example/';
        } }",
    )
    .await;
    exchange.token();
    assert_eq!(text_at(&exchange.scene, "calls.0.url"), "https://good.example/");
}

#[wasm_bindgen_test]
async fn a_member_of_a_polluted_prototype_is_not_an_option() {
    eval(
        "Object.defineProperty(Object.prototype, 'tokenUrl', \
         { value: 'https://evil.example/', configurable: true, writable: true })",
    );
    let exchange = Exchange::answered(&format!("new Response({GOOD})"), "").await;
    eval("delete Object.prototype.tokenUrl");
    exchange.token();
    assert_eq!(text_at(&exchange.scene, "calls.0.url"), DEFAULT_TOKEN_URL);
}
