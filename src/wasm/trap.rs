//! Forced traps, for tests. The published package is built without the feature `trap` and has none.

use std::hint::black_box;

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use super::value::get;

/// The name of the global variable in which a test names the place to trap.
const WANTED: &str = "PAY4POWER_TRAP";

/// Traps once if a test has named this place, for example `open`. With `open stack` and `open memory`,
/// a stack overflow and an exhausted memory cause the trap.
pub fn at(place: &str) {
    if cfg!(feature = "trap") {
        let global = js_sys::global();
        let wanted = get(&global, WANTED).as_string().unwrap_or_default();
        let trap: fn() = match wanted.strip_prefix(place) {
            Some("") => || std::arch::wasm32::unreachable(),
            Some(" stack") => || assert_eq!(deeper(0), 0),
            Some(" memory") => || exhaust(),
            _ => return,
        };
        let _ = Reflect::delete_property(&global, &JsValue::from_str(WANTED));
        trap();
    }
}

/// Recurses deeper than any stack allows.
fn deeper(depth: u32) -> u32 {
    if depth == u32::MAX { depth } else { black_box(deeper(depth + 1)) - 1 }
}

/// Allocates more memory than can be addressed.
fn exhaust() -> ! {
    loop {
        std::mem::forget(black_box(Vec::<u8>::with_capacity(isize::MAX.unsigned_abs())));
    }
}
