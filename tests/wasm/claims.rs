//! Claims: the host parses them, and they pass through the core unchanged.

use js_sys::{Function, JSON, Object, Reflect};
use pay4power_auth::wasm::decode_claims;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{at, body, eval, is_same, json, text_at};

/// Returns a JWT with these claims. Its signature is a dummy.
fn jwt(claims: &str) -> String {
    let encode = eval("json => btoa(String.fromCharCode(...new TextEncoder().encode(json)))");
    let encode: Function = encode.unchecked_into();
    let encoded = encode.call1(&JsValue::UNDEFINED, &claims.into()).expect("base64");
    let payload = encoded.as_string().expect("text").replace('+', "-").replace('/', "_");
    format!("e30.{}.c2ln", payload.trim_end_matches('='))
}

fn claims_of(claims: &str) -> JsValue {
    decode_claims(&jwt(claims).into()).expect("a JWT")
}

/// Makes an exchange that brings a token with these claims. Returns its record.
async fn exchanged(claims: &str) -> JsValue {
    let token = jwt(claims);
    let answer = format!(
        "JSON.stringify({{ success: true, data: {{ token: '{token}', expiresAt: 4102444800 }} }})"
    );
    body(&answer).await.outcome.expect("a token")
}

/// Claims that a copy into another kind of object would lose.
const SPECIAL: &str = r#"{"a":[null,true,1.5,"é",[],{},-0],"b":9007199254740993,"c":-9007199254740993,"d":18446744073709551615,"e":1e400,"__proto__":{"polluted":true},"f":{"__proto__":1,"constructor":2},"\ud800":"\udc00 lone","1":"first"}"#;

#[wasm_bindgen_test]
async fn claims_are_the_values_that_the_host_parses() {
    let parsed = json(&JSON::parse(SPECIAL).expect("JSON"));
    assert_eq!(json(&claims_of(SPECIAL)), parsed);
    assert_eq!(json(&at(&exchanged(SPECIAL).await, "claims")), parsed);
}

#[wasm_bindgen_test]
async fn integers_past_2_to_the_53_are_as_the_host_parses_them() {
    let number = r#"{"n":9007199254740993,"id":18446744073709551615}"#;
    for claims in [claims_of(number), at(&exchanged(number).await, "claims")] {
        assert!(is_same(&at(&claims, "n"), &eval("9007199254740992")));
        assert!(is_same(&at(&claims, "id"), &eval("18446744073709552000")));
    }
}

#[wasm_bindgen_test]
async fn a_claim_called_proto_is_a_member_like_any_other() {
    let claims = r#"{"__proto__":{"polluted":true},"in":{"__proto__":{"polluted":true}}}"#;
    for claims in [claims_of(claims), at(&exchanged(claims).await, "claims")] {
        for object in [&claims, &at(&claims, "in")] {
            let prototype = Reflect::get_prototype_of(object).expect("an object");
            assert!(is_same(&prototype, &eval("Object.prototype")));
            let own = Object::get_own_property_names(object.unchecked_ref::<Object>());
            assert!(own.includes(&"__proto__".into(), 0));
            assert!(at(object, "polluted").is_undefined());
        }
        assert_eq!(at(&claims, "__proto__.polluted").as_bool(), Some(true));
    }
    assert!(eval("({}).polluted").is_undefined());
}

#[wasm_bindgen_test]
async fn lone_surrogates_are_unchanged() {
    let text = r#"{"\ud800":"a\udc00"}"#;
    for claims in [claims_of(text), at(&exchanged(text).await, "claims")] {
        assert_eq!(json(&claims), text);
    }
}

#[wasm_bindgen_test]
async fn claims_may_be_nested_deeply() {
    for depth in [64, 1_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let claims = format!(r#"{{"deep":{nested}}}"#);
        assert_eq!(json(&claims_of(&claims)), claims);
        assert_eq!(json(&at(&exchanged(&claims).await, "claims")), claims);
        // The core reads these claims itself.
        for name in ["exp", "environment"] {
            let claims = format!(r#"{{"{name}":{nested}}}"#);
            assert_eq!(json(&at(&exchanged(&claims).await, "claims")), claims);
        }
    }
}

#[wasm_bindgen_test]
fn text_that_is_not_a_jwt_is_a_bad_token() {
    for token in ["''", "'a.b'", "'\\ud800.\\ud800.'", "'e30.e30.é'", "'é'.repeat(9_000)"] {
        let error = decode_claims(&eval(token).unchecked_into()).expect_err("no JWT");
        assert_eq!(text_at(&error, "code"), "P4P_BAD_TOKEN", "{token}");
    }
    for claims in ["[]", "null", "1", "'", ""] {
        let error = decode_claims(&jwt(claims).into()).expect_err("no claims");
        assert_eq!(text_at(&error, "code"), "P4P_BAD_TOKEN", "{claims}");
    }
}
