//! The shell: what the npm package calls, and what touches JavaScript.
//!
//! [`authenticate`](authenticate::authenticate) works by itself. All else is called by the package's own
//! TypeScript only. An export that fails throws the plain record of an [`Error`](crate::error::Error), unless
//! its own comment says otherwise.

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

/// Waits for a promise, or for anything else that `await` takes, of whoever's making: a race calls back once.
async fn settled(promise: &JsValue) -> std::result::Result<JsValue, JsValue> {
    let mut leave = Leave::default();
    let left = Promise::new(&mut |resolve, _| leave.0 = Some(resolve));
    JsFuture::from(Promise::race(&Array::of2(promise, &left))).await
}

/// Dropped, it ends a wait. A promise that never settles would keep in memory what waits for it.
#[derive(Default)]
struct Leave(Option<Function>);

impl Drop for Leave {
    fn drop(&mut self) {
        if let Some(leave) = &self.0 {
            let _ = leave.call0(&JsValue::UNDEFINED); // which never throws
        }
    }
}

/// A result as an export gives it: errors are thrown as their record.
fn thrown<Value>(result: Result<Value>) -> std::result::Result<Value, JsValue> {
    result.map_err(|error| error_record::<()>(&(*error).into(), &JsValue::UNDEFINED))
}

/// The claims of a token: the object that the host has parsed.
///
/// # Errors
/// `P4P_BAD_TOKEN`.
#[wasm_bindgen(js_name = decodeClaims, unchecked_return_type = "Record<string, unknown>")]
pub fn decode_claims(token: &JsString) -> std::result::Result<JsValue, JsValue> {
    trap::at("decodeClaims");
    thrown(claims::decode::<JsJson>(&ascii(token)).map(JsValue::from))
}

/// Checks what a client is made with.
///
/// # Errors
/// `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`, `P4P_BROWSER_REFUSED`.
#[wasm_bindgen(js_name = checkClient, unchecked_return_type = "ClientPolicy")]
pub fn check_client(options: &JsValue) -> std::result::Result<JsValue, JsValue> {
    thrown(options::client(options))
}

/// Checks what a client without keys is made with: where its `fetch` may go.
///
/// # Errors
/// `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`.
#[wasm_bindgen(js_name = checkKeyless, unchecked_return_type = "string")]
pub fn check_keyless(options: &JsValue) -> std::result::Result<JsValue, JsValue> {
    thrown(options::keyless(options).map(JsValue::from))
}

/// Reads a token as a store gave it at `nowMs`, by the wall clock.
#[wasm_bindgen(js_name = readStored, unchecked_return_type = "StoredToken")]
pub fn read_stored(
    text: &str,
    environment: &str,
    #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
) -> JsValue {
    let now_ms = floor(now_ms).unwrap_or_default();
    match stored::read::<JsJson>(text, environment, now_ms) {
        Ok(token) => to_js(&types::StoredToken::Token { token }),
        Err(reason) => to_js(&types::StoredToken::Miss { reason }),
    }
}

/// How long until `expiresAtMs`; negative after that. Both are epoch milliseconds.
#[wasm_bindgen(js_name = expiresInMs)]
pub fn expires_in_ms(
    #[wasm_bindgen(js_name = expiresAtMs)] expires_at_ms: f64,
    #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
) -> f64 {
    crate::expiry::expires_in_ms(expires_at_ms, now_ms)
}

/// Whether what ends at `expiresAtMs` has expired at `nowMs`, or does within `leewayMs`.
#[wasm_bindgen(js_name = isExpired)]
pub fn is_expired(
    #[wasm_bindgen(js_name = expiresAtMs)] expires_at_ms: f64,
    #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
    #[wasm_bindgen(js_name = leewayMs)] leeway_ms: f64,
) -> bool {
    crate::expiry::is_expired(expires_at_ms, now_ms, leeway_ms)
}
