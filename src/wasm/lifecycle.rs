//! The lifecycle as a JavaScript class, which the TypeScript of a client drives.

use std::cell::RefCell;

use js_sys::Math;
use wasm_bindgen::prelude::*;

use super::failure::JsFailure;
use super::trap;
use super::value::to_js;
use crate::clock_readings::ClockReadings;
use crate::lifecycle as core;
use crate::numbers::{float, floor};

/// Decides when a token is handed out, when keys are exchanged for a new one, and what follows a failure.
///
/// Each method records an event. Times are in milliseconds, and `nowMs` is a reading of the steady
/// clock. Tokens and exchanges have numbers.
#[wasm_bindgen]
pub struct Lifecycle(RefCell<core::Lifecycle<JsFailure>>);

#[wasm_bindgen]
impl Lifecycle {
    /// Returns a lifecycle without a token.
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

    /// Takes readings of both clocks. Call it right before an event of the same moment. `seenMs` is the
    /// reading of the steady clock before. Returns whether the steady clock has stepped back, which ends
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
        lifecycle.clocks_read(ClockReadings { wall_ms: ms(wall_ms), steady_ms: ms(steady_ms) })
    }

    /// Returns the action of a caller that asks for a token. A caller that asks again passes the
    /// `askedAtMs` of the earlier action.
    #[wasm_bindgen(unchecked_return_type = "CallerAction")]
    pub fn ask(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        #[wasm_bindgen(js_name = askedAtMs)] asked_at_ms: Option<f64>,
    ) -> JsValue {
        trap::at("ask");
        to_js(&self.0.borrow_mut().ask(ms(now_ms), asked_at_ms.and_then(floor)))
    }

    /// Records that the leader begins to read the store. Returns how long the read may take, in
    /// milliseconds. `undefined` if another leader has taken over.
    #[wasm_bindgen(js_name = storeReadBegins)]
    pub fn store_read_begins(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        exchange: u32,
    ) -> Option<f64> {
        trap::at("storeReadBegins");
        self.0.borrow_mut().store_read_begins(ms(now_ms), exchange).map(float)
    }

    /// Records that the store has no usable token.
    #[wasm_bindgen(unchecked_return_type = "LeaderAction")]
    pub fn missed(&self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, exchange: u32) -> JsValue {
        trap::at("missed");
        to_js(&self.0.borrow_mut().missed(ms(now_ms), exchange))
    }

    /// Records that the leader begins an attempt, a wait after one that failed with `error`, or a call for the
    /// keys. That ends at `untilMs`. Returns whether the leader still leads.
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

    /// Records a token that expires in `endsInMs` and has a lifetime of `lifetimeMs`, both in
    /// milliseconds. `isStored` is whether it comes from the store and not from the exchange.
    #[wasm_bindgen(unchecked_return_type = "LeaderAction")]
    pub fn succeeded(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        exchange: u32,
        #[wasm_bindgen(js_name = endsInMs)] ends_in_ms: f64,
        #[wasm_bindgen(js_name = lifetimeMs)] lifetime_ms: f64,
        #[wasm_bindgen(js_name = isStored)] is_stored: bool,
    ) -> JsValue {
        trap::at(if is_stored { "restored" } else { "succeeded" });
        let record = if is_stored { core::Lifecycle::restored } else { core::Lifecycle::succeeded };
        let new = core::NewToken {
            expires_in_ms: ms(ends_in_ms),
            lifetime_ms: ms(lifetime_ms),
            jitter: Math::random(),
        };
        to_js(&record(&mut self.0.borrow_mut(), ms(now_ms), exchange, new))
    }

    /// Records that an exchange has failed and its leader does not retry. `isRemembered` is whether a
    /// coordinator made the exchange and remembers the failure for all its clients.
    #[wasm_bindgen(unchecked_return_type = "LeaderAction")]
    pub fn failed(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        exchange: u32,
        #[wasm_bindgen(unchecked_param_type = "object")] error: JsValue,
        #[wasm_bindgen(js_name = isRemembered)] is_remembered: bool,
    ) -> JsValue {
        trap::at(if is_remembered { "failedAtCoordinator" } else { "failed" });
        let record = if is_remembered {
            core::Lifecycle::failed_at_coordinator
        } else {
            core::Lifecycle::failed
        };
        to_js(&record(&mut self.0.borrow_mut(), ms(now_ms), exchange, JsFailure::new(error)))
    }

    /// Records that the request that leads an exchange is gone.
    pub fn abandoned(&self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, exchange: u32) {
        trap::at("abandoned");
        self.0.borrow_mut().abandoned(ms(now_ms), exchange);
    }

    /// Records that a request with this token got a 401. Returns whether to send the request again with
    /// another token.
    pub fn unauthorized(&self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, token: u32) -> bool {
        trap::at("unauthorized");
        self.0.borrow_mut().unauthorized(ms(now_ms), token)
    }

    /// Records the answer to a request that was sent again with this token: a 401 (`unauthorized`) or
    /// another one. Returns whether that changes the cool-down.
    pub fn replayed(
        &self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        token: u32,
        unauthorized: bool,
    ) -> bool {
        trap::at("replayed");
        self.0.borrow_mut().replayed(ms(now_ms), token, unauthorized)
    }

    /// Drops the current token.
    pub fn invalidate(&self) {
        trap::at("invalidate");
        self.0.borrow_mut().invalidate(None);
    }

    /// Ends every cool-down and closes the circuit: the user has fixed the cause. Returns whether the
    /// circuit was open.
    pub fn reset(&self) -> bool {
        trap::at("reset");
        self.0.borrow_mut().reset()
    }

    /// Returns the state now.
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
