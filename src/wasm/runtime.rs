//! Queries to the runtime: its clocks, and whether it is a browser.

use wasm_bindgen::prelude::*;

use super::value::get;
use crate::clock_readings::ClockReadings;
use crate::numbers::floor;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now, catch)]
    fn performance_now() -> Result<f64, JsValue>;
}

/// Returns the wall clock, in epoch milliseconds.
pub fn wall_ms() -> i64 {
    floor(js_sys::Date::now()).unwrap_or_default()
}

/// Returns the monotonic clock, in milliseconds. Cloudflare's Workers have none: their time
/// origin is 0, and `performance.now()` is the wall clock. `npm/clock.ts` has the same rule.
pub fn monotonic_ms() -> i64 {
    let origin = get(&get(&js_sys::global(), "performance"), "timeOrigin").as_f64();
    let monotonic = if origin == Some(0.0) { None } else { performance_now().ok().and_then(floor) };
    monotonic.unwrap_or_else(wall_ms)
}

/// Reads both clocks.
pub fn read_clocks() -> ClockReadings {
    ClockReadings { wall_ms: wall_ms(), monotonic_ms: monotonic_ms() }
}

/// Returns whether this is a page, or a browser's dedicated, shared or service worker. Server runtimes
/// have worker scopes too. The known ones are recognised by name.
pub fn in_browser() -> bool {
    let global = JsValue::from(js_sys::global());
    let is_there = |name: &str| get(&global, name).is_object();
    if is_there("window") && is_there("document") {
        return true;
    }
    let user_agent = get(&get(&global, "navigator"), "userAgent").as_string();
    let node = get(&get(&get(&global, "process"), "versions"), "node");
    let is_server = user_agent.as_deref() == Some("Cloudflare-Workers")
        || node.is_string()
        || is_there("Deno")
        || is_there("Bun")
        || get(&global, "EdgeRuntime").is_string();
    get(&global, "WorkerGlobalScope").is_function() && !is_server
}
