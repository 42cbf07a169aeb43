//! A client's lifecycle, for the TypeScript that drives it.

use std::cell::RefCell;

use js_sys::Math;
use wasm_bindgen::prelude::*;

use super::failure::JsFailure;
use super::trap;
use super::value::to_js;
use crate::lifecycle as core;
use crate::moment::Moment;
use crate::numbers::{float, floor};

/// When to hand out a token, when to get a new one, and what to do when that fails.
///
/// Each method tells it of an event. Times are in milliseconds, `nowMs` is a reading of the steady clock.
/// Tokens and exchanges are known by their numbers.
#[wasm_bindgen]
pub struct Lifecycle(RefCell<core::Lifecycle<JsFailure>>);

#[wasm_bindgen]
impl Lifecycle {
    /// A lifecycle without a token.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(js_name = timeoutMs)] timeout_ms: f64,
        #[wasm_bindgen(js_name = deadlineMs)] deadline_ms: f64,
        #[wasm_bindgen(js_name = refreshAhead)] refresh_ahead: f64,
        #[wasm_bindgen(js_name = hasStore)] has_store: bool,
    ) -> Self {
        trap::at("open");
        let (timeout_ms, deadline_ms) = (ms(timeout_ms), ms(deadline_ms));
        let policy = core::Policy { timeout_ms, deadline_ms, refresh_ahead, has_store };
        Self(RefCell::new(core::Lifecycle::new(policy)))
    }

    /// Both clocks were read. The next event is told of the same moment. `seenMs` is the latest
    /// reading of the steady clock before that. Whether the steady clock has stepped back: that ends
    /// the current token.
    #[wasm_bindgen(js_name = clocksRead)]
    pub fn clocks_read(
        &self,
        #[wasm_bindgen(js_name = wallMs)] wall_ms: f64,
        #[wasm_bindgen(js_name = steadyMs)] steady_ms: f64,
        #[wasm_bindgen(js_name = seenMs)] seen_ms: f64,
    ) -> bool {
        trap::at("clocksRead");
        let mut lifecycle = self.0.borrow_mut();
        lifecycle.observe(ms(seen_ms));
        lifecycle.clocks_read(Moment { wall_ms: ms(wall_ms), steady_ms: ms(steady_ms) })
    }

    /// Somebody asks for a token. `askedAtMs` is what an earlier answer gave, when they ask again.
    #[wasm_bindgen(unchecked_return_type = "Ask")]
    pub fn ask(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        #[wasm_bindgen(js_name = askedAtMs)] asked_at_ms: Option<f64>,
    ) -> JsValue {
        trap::at("ask");
        to_js(&self.0.borrow_mut().ask(ms(now_ms), asked_at_ms.and_then(floor)))
    }

    /// The leader of an exchange begins to read the store: how long that may take. `undefined` when
    /// another leads.
    #[wasm_bindgen(js_name = storeReadBegins)]
    pub fn store_read_begins(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        exchange: u32,
    ) -> Option<f64> {
        trap::at("storeReadBegins");
        self.0.borrow_mut().store_read_begins(ms(now_ms), exchange).map(float)
    }

    /// The store has no token, or none of use.
    #[wasm_bindgen(unchecked_return_type = "Next")]
    pub fn missed(&self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, exchange: u32) -> JsValue {
        trap::at("missed");
        to_js(&self.0.borrow_mut().missed(ms(now_ms), exchange))
    }

    /// An exchange begins an attempt, or a wait after one that failed with `error`; it is heard of
    /// again by `untilMs`. Whether it still leads.
    pub fn progress(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        exchange: u32,
        #[wasm_bindgen(js_name = untilMs)] until_ms: f64,
        #[wasm_bindgen(unchecked_optional_param_type = "object")] error: JsValue,
    ) -> bool {
        trap::at("progress");
        let error = error.is_object().then(|| JsFailure::new(error));
        self.0.borrow_mut().progress(ms(now_ms), exchange, ms(until_ms), error)
    }

    /// An exchange has brought a token that ends in `endsInMs`, of a life of `lifetimeMs`. `isStored` says that the
    /// store had it.
    #[wasm_bindgen(unchecked_return_type = "Next")]
    pub fn succeeded(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        exchange: u32,
        #[wasm_bindgen(js_name = endsInMs)] ends_in_ms: f64,
        #[wasm_bindgen(js_name = lifetimeMs)] lifetime_ms: f64,
        #[wasm_bindgen(js_name = isStored)] is_stored: bool,
    ) -> JsValue {
        trap::at(if is_stored { "restored" } else { "succeeded" });
        let succeeded =
            if is_stored { core::Lifecycle::restored } else { core::Lifecycle::succeeded };
        let (ends_in_ms, lifetime_ms) = (ms(ends_in_ms), ms(lifetime_ms));
        let mut lifecycle = self.0.borrow_mut();
        to_js(&succeeded(
            &mut lifecycle,
            ms(now_ms),
            exchange,
            ends_in_ms,
            lifetime_ms,
            Math::random(),
        ))
    }

    /// An exchange has failed for good. `isRemembered` says that the issuer remembers the failure for all its clients.
    #[wasm_bindgen(unchecked_return_type = "Next")]
    pub fn failed(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        exchange: u32,
        #[wasm_bindgen(unchecked_param_type = "object")] error: JsValue,
        #[wasm_bindgen(js_name = isRemembered)] is_remembered: bool,
    ) -> JsValue {
        trap::at(if is_remembered { "refused" } else { "failed" });
        let failed = if is_remembered { core::Lifecycle::refused } else { core::Lifecycle::failed };
        to_js(&failed(&mut self.0.borrow_mut(), ms(now_ms), exchange, JsFailure::new(error)))
    }

    /// The request that leads an exchange is gone.
    pub fn abandoned(&self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, exchange: u32) {
        trap::at("abandoned");
        self.0.borrow_mut().abandoned(ms(now_ms), exchange);
    }

    /// A request with this token was answered with a 401. Whether to send it again with another one.
    pub fn unauthorized(&self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, token: u32) -> bool {
        trap::at("unauthorized");
        self.0.borrow_mut().unauthorized(ms(now_ms), token)
    }

    /// A request that was sent again with this token was answered, with a 401 or not. Whether that
    /// is news.
    pub fn replayed(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        token: u32,
        unauthorized: bool,
    ) -> bool {
        trap::at("replayed");
        self.0.borrow_mut().replayed(ms(now_ms), token, unauthorized)
    }

    /// The caller drops the current token.
    pub fn invalidate(&self) {
        trap::at("invalidate");
        self.0.borrow_mut().invalidate(None);
    }

    /// The caller says that whatever was wrong has been put right. Whether this closes a circuit.
    pub fn reset(&self) -> bool {
        trap::at("reset");
        self.0.borrow_mut().reset()
    }

    /// The state now.
    #[wasm_bindgen(unchecked_return_type = "LifecycleState")]
    pub fn state(&self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64) -> JsValue {
        trap::at("state");
        to_js(&self.0.borrow_mut().state(ms(now_ms)))
    }
}

impl Drop for Lifecycle {
    fn drop(&mut self) {
        trap::at("close");
    }
}

fn ms(number: f64) -> i64 {
    floor(number).unwrap_or_default()
}
