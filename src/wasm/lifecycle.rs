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
/// Each method records an event. Times are in milliseconds, and `monotonicMs` is a reading of the
/// monotonic clock. Tokens and exchanges have numbers.
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

    /// Takes readings of both clocks. Call it right before an event of the same moment. `seenMonotonicMs`
    /// is the reading of the monotonic clock before. Returns whether the monotonic clock has stepped back, which ends
    /// the current token.
    #[wasm_bindgen(js_name = clocksRead)]
    pub fn clocks_read(
        &self,
        #[wasm_bindgen(js_name = wallMs)] wall_ms: f64,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        #[wasm_bindgen(js_name = seenMonotonicMs)] seen_monotonic_ms: f64,
    ) -> bool {
        trap::at("clocksRead");
        let mut lifecycle = self.0.borrow_mut();
        lifecycle.observe(ms(seen_monotonic_ms));
        lifecycle
            .clocks_read(ClockReadings { wall_ms: ms(wall_ms), monotonic_ms: ms(monotonic_ms) })
    }

    /// Returns the action of a caller that asks for a token. A caller that asks again passes the
    /// `askedAtMs` of the earlier action.
    #[wasm_bindgen(unchecked_return_type = "CallerAction")]
    pub fn ask(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        #[wasm_bindgen(js_name = askedAtMs)] asked_at_ms: Option<f64>,
    ) -> JsValue {
        trap::at("ask");
        to_js(&self.0.borrow_mut().ask(ms(monotonic_ms), asked_at_ms.and_then(floor)))
    }

    /// Records that the leader begins to read the store. Returns how long the read may take, in
    /// milliseconds. `undefined` if another leader has taken over.
    #[wasm_bindgen(js_name = storeReadBegins)]
    pub fn store_read_begins(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        exchange: u32,
    ) -> Option<f64> {
        trap::at("storeReadBegins");
        self.0.borrow_mut().store_read_begins(ms(monotonic_ms), exchange).map(float)
    }

    /// Records that the store has no usable token.
    #[wasm_bindgen(js_name = storeMiss, unchecked_return_type = "LeaderAction")]
    pub fn store_miss(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        exchange: u32,
    ) -> JsValue {
        trap::at("storeMiss");
        to_js(&self.0.borrow_mut().store_miss(ms(monotonic_ms), exchange))
    }

    /// Records that the leader begins an attempt, a wait after one that failed with `error`, or a call for the
    /// keys. That ends at `untilMonotonicMs`. Returns whether the leader still leads.
    pub fn progress(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        exchange: u32,
        #[wasm_bindgen(js_name = untilMonotonicMs)] until_monotonic_ms: f64,
        #[wasm_bindgen(unchecked_optional_param_type = "object")] error: JsValue,
    ) -> bool {
        trap::at("progress");
        let error = error.is_object().then(|| JsFailure::new(error));
        self.0.borrow_mut().progress(ms(monotonic_ms), exchange, ms(until_monotonic_ms), error)
    }

    /// Records that an exchange has brought a token that expires in `expiresInMs` and has a lifetime of
    /// `lifetimeMs`, both in milliseconds. Pass the number 0 for a token without an exchange.
    #[wasm_bindgen(unchecked_return_type = "LeaderAction")]
    pub fn succeeded(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        exchange: u32,
        #[wasm_bindgen(js_name = expiresInMs)] expires_in_ms: f64,
        #[wasm_bindgen(js_name = lifetimeMs)] lifetime_ms: f64,
    ) -> JsValue {
        trap::at("succeeded");
        let new = new_token(expires_in_ms, lifetime_ms);
        self.report(core::Lifecycle::succeeded, monotonic_ms, exchange, new)
    }

    /// Records that the store has a token. The arguments are those of `succeeded`.
    #[wasm_bindgen(js_name = storeHit, unchecked_return_type = "LeaderAction")]
    pub fn store_hit(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        exchange: u32,
        #[wasm_bindgen(js_name = expiresInMs)] expires_in_ms: f64,
        #[wasm_bindgen(js_name = lifetimeMs)] lifetime_ms: f64,
    ) -> JsValue {
        trap::at("storeHit");
        let new = new_token(expires_in_ms, lifetime_ms);
        self.report(core::Lifecycle::store_hit, monotonic_ms, exchange, new)
    }

    /// Records that an exchange has failed and its leader does not retry.
    #[wasm_bindgen(unchecked_return_type = "LeaderAction")]
    pub fn failed(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        exchange: u32,
        #[wasm_bindgen(unchecked_param_type = "object")] error: JsValue,
    ) -> JsValue {
        trap::at("failed");
        self.report(core::Lifecycle::failed, monotonic_ms, exchange, JsFailure::new(error))
    }

    /// Records that an exchange has failed at a coordinator, which remembers the failure for all its
    /// clients.
    #[wasm_bindgen(js_name = failedAtCoordinator, unchecked_return_type = "LeaderAction")]
    pub fn failed_at_coordinator(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        exchange: u32,
        #[wasm_bindgen(unchecked_param_type = "object")] error: JsValue,
    ) -> JsValue {
        trap::at("failedAtCoordinator");
        let failure = JsFailure::new(error);
        self.report(core::Lifecycle::failed_at_coordinator, monotonic_ms, exchange, failure)
    }

    /// Records that the request that leads an exchange is gone.
    pub fn abandoned(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        exchange: u32,
    ) {
        trap::at("abandoned");
        self.0.borrow_mut().abandoned(ms(monotonic_ms), exchange);
    }

    /// Records that a request with this token got a 401. Returns whether to send the request again with
    /// another token.
    pub fn unauthorized(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        token: u32,
    ) -> bool {
        trap::at("unauthorized");
        self.0.borrow_mut().unauthorized(ms(monotonic_ms), token)
    }

    /// Records the answer to a request that was sent again with this token: a 401 (`unauthorized`) or
    /// another one. Returns whether that changes the cool-down.
    pub fn replayed(
        &self,
        #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64,
        token: u32,
        unauthorized: bool,
    ) -> bool {
        trap::at("replayed");
        self.0.borrow_mut().replayed(ms(monotonic_ms), token, unauthorized)
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
    pub fn state(&self, #[wasm_bindgen(js_name = monotonicMs)] monotonic_ms: f64) -> JsValue {
        trap::at("state");
        to_js(&self.0.borrow_mut().state(ms(monotonic_ms)))
    }
}

/// The end of an exchange, as the core records it: with a token or with a failure.
type EndOfExchange<T> = fn(&mut core::Lifecycle<JsFailure>, i64, u32, T) -> core::LeaderAction;

impl Lifecycle {
    /// Records the end of an exchange.
    #[inline(never)] // the exports share its code: smaller
    fn report<T>(
        &self,
        record: EndOfExchange<T>,
        monotonic_ms: f64,
        exchange: u32,
        result: T,
    ) -> JsValue {
        to_js(&record(&mut self.0.borrow_mut(), ms(monotonic_ms), exchange, result))
    }
}

impl Drop for Lifecycle {
    fn drop(&mut self) {
        trap::at("close");
    }
}

fn new_token(expires_in_ms: f64, lifetime_ms: f64) -> core::NewToken {
    core::NewToken {
        expires_in_ms: ms(expires_in_ms),
        lifetime_ms: ms(lifetime_ms),
        jitter: Math::random(),
    }
}

fn ms(number: f64) -> i64 {
    floor(number).unwrap_or_default()
}
