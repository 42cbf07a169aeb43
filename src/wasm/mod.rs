//! The shell: the exports that the npm package calls, and all code that uses JavaScript types.
//!
//! [`authenticate`](authenticate::authenticate) works by itself. The other exports are for the package's
//! own TypeScript. An export that fails throws the plain record of an [`Error`](crate::error::Error),
//! unless its doc comment says otherwise.

pub mod authenticate;
mod base_url;
mod failure;
mod fetch;
pub mod lifecycle;
mod memory;
mod options;
mod runtime;
mod trap;
mod types;
mod value;

use js_sys::{Array, Function, JsString, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use self::value::{JsJson, ascii, error_record, to_js};
use crate::claims;
use crate::error::Result;
use crate::numbers::floor;
use crate::stored;

/// Awaits a promise, or any other value that JavaScript's `await` accepts. A thenable of other code
/// may call back more than once. The race around it settles once.
async fn settled(promise: &JsValue) -> std::result::Result<JsValue, JsValue> {
    let mut guard = WaitGuard::default();
    let dropped = Promise::new(&mut |resolve, _| guard.0 = Some(resolve));
    JsFuture::from(Promise::race(&Array::of2(promise, &dropped))).await
}

/// A guard that ends a wait when it is dropped. A promise that never settles would keep its waiter in
/// memory.
#[derive(Default)]
struct WaitGuard(Option<Function>);

impl Drop for WaitGuard {
    fn drop(&mut self) {
        if let Some(resolve) = &self.0 {
            let _ = resolve.call0(&JsValue::UNDEFINED); // never throws
        }
    }
}

/// Returns the result of an export, which throws an error as its record.
fn thrown<Value>(result: Result<Value>) -> std::result::Result<Value, JsValue> {
    result.map_err(|error| error_record::<()>(&(*error).into(), &JsValue::UNDEFINED))
}

/// Returns the claims of a token: the object that the host has parsed.
///
/// # Errors
/// `P4P_BAD_TOKEN`.
#[wasm_bindgen(js_name = decodeClaims, unchecked_return_type = "Record<string, unknown>")]
pub fn decode_claims(token: &JsString) -> std::result::Result<JsValue, JsValue> {
    trap::at("decodeClaims");
    thrown(claims::decode::<JsJson>(&ascii(token)).map(JsValue::from))
}

/// Validates the options of a client. Returns its policy.
///
/// # Errors
/// `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`, `P4P_BROWSER_REFUSED`.
#[wasm_bindgen(js_name = checkClient, unchecked_return_type = "ClientPolicy")]
pub fn check_client(options: &JsValue) -> std::result::Result<JsValue, JsValue> {
    thrown(options::client(options))
}

/// Validates the options of a client without keys. Returns its base URL.
///
/// # Errors
/// `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`.
#[wasm_bindgen(js_name = checkKeyless, unchecked_return_type = "string")]
pub fn check_keyless(options: &JsValue) -> std::result::Result<JsValue, JsValue> {
    thrown(options::keyless(options).map(JsValue::from))
}

/// Reads a stored token at `wallMs`, a reading of the wall clock.
#[wasm_bindgen(js_name = readStored, unchecked_return_type = "StoredToken")]
pub fn read_stored(
    text: &str,
    environment: &str,
    #[wasm_bindgen(js_name = wallMs)] wall_ms: f64,
) -> JsValue {
    let wall_ms = floor(wall_ms).unwrap_or_default();
    match stored::read::<JsJson>(text, environment, wall_ms) {
        Ok(token) => to_js(&types::StoredToken::Token { token }),
        Err(reason) => to_js(&types::StoredToken::Miss { reason }),
    }
}

/// Returns how long until `expiresAtMs`, in milliseconds. Negative after that. Both arguments are epoch
/// milliseconds.
#[wasm_bindgen(js_name = expiresInMs)]
pub fn expires_in_ms(
    #[wasm_bindgen(js_name = expiresAtMs)] expires_at_ms: f64,
    #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
) -> f64 {
    crate::expiry::expires_in_ms(expires_at_ms, now_ms)
}

/// Returns whether a token has expired at `nowMs`, or expires within `leewayMs` milliseconds. Both
/// instants are epoch milliseconds.
#[wasm_bindgen(js_name = isExpired)]
pub fn is_expired(
    #[wasm_bindgen(js_name = expiresAtMs)] expires_at_ms: f64,
    #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
    #[wasm_bindgen(js_name = leewayMs)] leeway_ms: f64,
) -> bool {
    crate::expiry::is_expired(expires_at_ms, now_ms, leeway_ms)
}
