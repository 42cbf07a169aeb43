//! The shell: what the npm package calls, and what touches JavaScript.
//!
//! Everything that crosses over is plain data ([`Json`]); nothing that these exports return lives
//! on in the Wasm instance. They are called by the package's own TypeScript only.

mod exchange;
mod lifecycle;
mod platform;
mod read;
mod task;
mod trap;

use wasm_bindgen::prelude::*;

use self::task::Stop;
use crate::claims::Claims;
use crate::error::Result;
use crate::json::{Json, floor};
use crate::scope::{self, Target};
use crate::stored;

/// Less than half of what the standard library's allocator weighs.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// One exchange of keys for a token: `{token, whole}` or `{error, cause, whole}`, where `whole` says
/// that nothing of the answer is still to come; or `[task, promise]`, to be [resumed](resume).
///
/// `options` is a snapshot of the caller's options: plain data, read here once. `fetch` and `signal`
/// are there, and of the right kind; the signal is what `fetch` is given.
#[wasm_bindgen]
pub fn exchange(options: &JsValue, in_browser: bool) -> JsValue {
    exchange::start(options, in_browser)
}

/// An exchange goes on with what its promise was settled with, or why it was not: `why` is 0 for a
/// value, 1 for a rejection and 2 when time is over. With 3 it ends, because its caller has left.
/// Nothing is the answer to who comes back much too late.
#[wasm_bindgen]
pub fn resume(task: u32, value: JsValue, why: u32) -> JsValue {
    let settled = match why {
        0 => Ok(value),
        1 => Err(Stop::Failed(value)),
        why => {
            trap::at("stop");
            if why == 3 {
                task::end(task);
            }
            Err(Stop::Timeout)
        }
    };
    task::resume(task, settled)
}

/// The claims of a token: `{claims}` or `{error}`.
#[wasm_bindgen(js_name = decodeClaims)]
pub fn decode_claims(token: &JsValue) -> JsValue {
    trap::at("decodeClaims");
    let claims = match token.as_string() {
        Some(token) => Claims::decode(&token, &platform::parse_json),
        None => Err(Claims::bad(&read::kind(token))),
    };
    record("claims", claims.map(|claims| claims.as_json().clone()))
}

/// A token as a store gave it at `now_ms`: `{token}`, or `{miss}` with the reason.
#[wasm_bindgen]
pub fn restore(text: &JsValue, environment: &JsValue, now_ms: f64) -> JsValue {
    let (text, environment) = (text_of(text), text_of(environment));
    let now_ms = floor(now_ms).unwrap_or_default();
    let (name, value) = match stored::read(&text, &environment, now_ms, &platform::parse_json) {
        Ok(token) => ("token", token.to_json()),
        Err(miss) => ("miss", Json::text(miss.as_str())),
    };
    platform::to_js(&Json::object([(name, value)]))
}

/// Where a client's `fetch` sends a request: `{href}`, `{outside}` when that lies outside `base`, or
/// `{error}`.
#[wasm_bindgen]
pub fn resolve(base: &JsValue, input: &JsValue) -> JsValue {
    let found = scope::resolve(base.as_string().as_deref(), &text_of(input), &platform::parse_url);
    match found {
        Ok(Target { href, inside: true }) => record("href", Ok(Json::Text(href))),
        Ok(Target { href, inside: false }) => record("outside", Ok(Json::Text(href))),
        Err(error) => record("href", Err(error)),
    }
}

/// An argument that is a string. As `&str` it would bring the conversion of arguments along.
fn text_of(argument: &JsValue) -> String {
    argument.as_string().unwrap_or_default()
}

fn record(name: &str, result: Result<Json>) -> JsValue {
    let (name, value) = match result {
        Ok(value) => (name, value),
        Err(error) => ("error", error.to_json()),
    };
    platform::to_js(&Json::object([(name, value)]))
}
