//! Exchanges that start from JavaScript, and their outcomes.

use js_sys::{Function, JSON, Object, Reflect};
use pay4power_auth::wasm::authenticate::authenticate;
use wasm_bindgen::{JsCast, JsValue};

/// The keys of valid options.
pub const PUBLIC_KEY: &str = "PUB_KEY_sandbox-tests";
pub const PRIVATE_KEY: &str = "PRIV_KEY_sandbox-tests";

/// A JavaScript expression: a body with a token that is not a JWT.
pub const GOOD: &str = "JSON.stringify({ success: true, correlationId: 'id-1', \
    data: { token: 'opaque', expiresAt: 4102444800, tokenType: 'Bearer' } })";

/// Evaluates a JavaScript expression.
pub fn eval(expression: &str) -> JsValue {
    let body = format!("'use strict'; return ({expression})");
    Function::new_no_args(&body).call0(&JsValue::UNDEFINED).expect("a test's own JavaScript")
}

/// Returns the member at `path`, whose names are separated by dots.
pub fn at(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, name| {
        Reflect::get(&value, &JsValue::from_str(name)).expect("an object")
    })
}

pub fn text_at(value: &JsValue, path: &str) -> String {
    at(value, path).as_string().unwrap_or_else(|| panic!("{path} is no string in {value:?}"))
}

pub fn number_at(value: &JsValue, path: &str) -> f64 {
    at(value, path).as_f64().unwrap_or_else(|| panic!("{path} is no number in {value:?}"))
}

pub fn bool_at(value: &JsValue, path: &str) -> bool {
    at(value, path).as_bool().unwrap_or_else(|| panic!("{path} is no boolean in {value:?}"))
}

/// Returns the value as JSON.
pub fn json(value: &JsValue) -> String {
    JSON::stringify(value).ok().and_then(|text| text.as_string()).expect("JSON")
}

/// One exchange and its observable parts. `scene` is a JavaScript object with `fetch`, and optionally
/// `options` (merged into valid ones), `signal` and `progress`.
pub struct Exchange {
    pub scene: JsValue,
    pub outcome: Result<JsValue, JsValue>,
}

impl Exchange {
    /// Runs the exchange of `scene`.
    pub async fn of(scene: JsValue) -> Self {
        let good = eval(&format!(
            "{{ publicKey: '{PUBLIC_KEY}', privateKey: '{PRIVATE_KEY}', retries: 0, \
             dangerouslyAllowBrowser: true }}"
        ));
        let options = at(&scene, "options");
        if options.is_object() {
            // Getters stay getters.
            let define: Function = eval(
                "(good, more) => Object.defineProperties(good, Object.getOwnPropertyDescriptors(more))",
            )
            .unchecked_into();
            define.call2(&JsValue::UNDEFINED, &good, &options).expect("plain objects");
        }
        let outcome = authenticate(
            good,
            at(&scene, "fetch").dyn_into().ok(),
            at(&scene, "signal").dyn_into().ok(),
            at(&scene, "progress").dyn_into().ok(),
        )
        .await;
        Self { scene, outcome }
    }

    /// Runs the exchange of a scene that is written as the body of a function.
    pub async fn run(scene: &str) -> Self {
        Self::of(eval(&format!("(() => {{ {scene} }})()"))).await
    }

    /// Runs an exchange with a fetch that records its calls and returns `answer`, an expression that may
    /// use `url`, `init` and `count`, the number of calls.
    pub async fn answered(answer: &str, rest: &str) -> Self {
        Self::run(&format!(
            "const calls = [];
            const fetch = async (url, init) => {{
                const count = calls.push({{ url, signal: init.signal }});
                return {answer};
            }};
            return {{ calls, fetch, {rest} }};"
        ))
        .await
    }

    /// Returns the record of the token.
    pub fn token(&self) -> &JsValue {
        self.outcome.as_ref().unwrap_or_else(|error| panic!("no token, but {}", json(error)))
    }

    /// Returns the rejection.
    pub fn error(&self) -> &JsValue {
        let Err(error) = &self.outcome else { panic!("a token") };
        error
    }

    pub fn code(&self) -> String {
        text_at(self.error(), "code")
    }

    pub fn message(&self) -> String {
        text_at(self.error(), "message")
    }

    /// Returns how often fetch was called.
    pub fn calls(&self) -> f64 {
        number_at(&self.scene, "calls.length")
    }

    /// Returns whether the signal of the first call of fetch is aborted.
    pub fn is_request_ended(&self) -> bool {
        bool_at(&self.scene, "calls.0.signal.aborted")
    }
}

/// Returns the rest of a scene with these options.
pub fn with_options(options: &str) -> String {
    format!("options: {options}")
}

/// Runs an exchange whose only answer has this body, an expression.
pub async fn body(body: &str) -> Exchange {
    Exchange::answered(&format!("new Response({body})"), "").await
}

/// Returns whether two values are identical.
pub fn is_same(one: &JsValue, other: &JsValue) -> bool {
    Object::is(one, other)
}
