//! A whole exchange: its attempts, the waits between them, its deadline, and its end by the caller.

use std::future::pending;
use std::pin::pin;

use futures_channel::oneshot;
use futures_util::future::{Either, LocalBoxFuture, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Math};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::failure::JsFailure;
use super::fetch::Request;
use super::runtime::steady_ms;
use super::value::{error_record, get, to_js};
use super::{options, trap};
use crate::error::Error;
use crate::retry::{Attempts, RetryPolicy};

/// Exchanges keys for a token.
///
/// `options` are plain data, as the package documents them. `fetch` defaults to the platform's. `signal`
/// ends the exchange. `progress` is called when an attempt or a wait begins.
///
/// # Errors
/// The record of an error, the reason of `signal`, or a framework's control flow that `fetch` rejected with.
#[wasm_bindgen(unchecked_return_type = "TokenRecord")]
pub async fn authenticate(
    #[wasm_bindgen(unchecked_param_type = "object")] options: JsValue,
    #[wasm_bindgen(
        unchecked_optional_param_type = "((url: string, init: RequestInit) => Promise<Response>) | null"
    )]
    fetch: Option<Function>,
    #[wasm_bindgen(unchecked_optional_param_type = "AbortSignal | null")] signal: Option<
        AbortSignal,
    >,
    #[wasm_bindgen(unchecked_optional_param_type = "((progress: Progress) => void) | null")]
    progress: Option<Function>,
) -> Result<JsValue, JsValue> {
    trap::at("exchange");
    let request = prepare(&options, fetch).map_err(|error| record_of(*error))?;
    drop(options);
    repeat(request.policy, signal, progress, &|timeout_ms| Box::pin(request.send(timeout_ms))).await
}

/// Checks the options. The validated keys do not outlive this function: a future that is never resumed
/// would keep them in memory.
fn prepare(options: &JsValue, fetch: Option<Function>) -> crate::error::Result<Request> {
    let checked = options::exchange(options)?;
    Ok(Request::new(&checked, options::fetch(fetch)?))
}

/// Makes attempts as the policy says. Each is a call of `attempt`, which settles on a token's record or
/// rejects with an error; it is told how many milliseconds it may take and keeps to that.
///
/// # Errors
/// What the last attempt rejected with, or the reason of `signal`.
#[wasm_bindgen(js_name = repeatAttempts, unchecked_return_type = "unknown")]
pub async fn repeat_attempts(
    #[wasm_bindgen(js_name = timeoutMs)] timeout_ms: u32,
    retries: u32,
    #[wasm_bindgen(js_name = deadlineMs)] deadline_ms: u32,
    #[wasm_bindgen(unchecked_param_type = "(timeoutMs: number) => Promise<unknown>")]
    attempt: Function,
    signal: Option<AbortSignal>,
    #[wasm_bindgen(unchecked_param_type = "((progress: Progress) => void) | null")]
    progress: Option<Function>,
) -> Result<JsValue, JsValue> {
    let policy =
        RetryPolicy { timeout_ms: timeout_ms.into(), retries, deadline_ms: deadline_ms.into() };
    repeat(policy, signal, progress, &|timeout_ms| {
        let called = attempt.call1(&JsValue::UNDEFINED, &milliseconds(timeout_ms).into());
        Box::pin(async move {
            let settled = match called {
                Ok(promise) => super::settled(&promise).await,
                Err(thrown) => Err(thrown),
            };
            settled.map_err(JsFailure::new)
        })
    })
    .await
}

/// How far an exchange is. The shell tells waiters by it when the exchange is due.
#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Progress<'a> {
    /// An attempt begins. It is over at `until_ms`, by the steady clock.
    Attempt { attempt: u32, until_ms: i64 },
    /// That attempt has failed; the next one begins at `until_ms`.
    Wait { attempt: u32, until_ms: i64, wait_ms: i64, error: &'a JsFailure },
}

/// An attempt under way. Boxed, so that the loop around it is compiled once.
type Attempt<'a> = LocalBoxFuture<'a, Result<JsValue, JsFailure>>;

/// The retry loop, the only one.
async fn repeat<'a>(
    policy: RetryPolicy,
    signal: Option<AbortSignal>,
    progress: Option<Function>,
    attempt: &dyn Fn(i64) -> Attempt<'a>,
) -> Result<JsValue, JsValue> {
    let check = || signal.as_ref().map_or(Ok(()), check_aborted);
    // Whatever `progress` throws is its own affair.
    let report = |at: Progress<'_>| {
        let _ = progress.as_ref().map(|told| told.call1(&JsValue::UNDEFINED, &to_js(&at)));
        check() // it may have ended the exchange
    };
    let attempts = async {
        let mut attempts = Attempts::new(policy, steady_ms());
        loop {
            let now = steady_ms();
            let timeout_ms = attempts.begin(now);
            let number = attempts.number();
            report(Progress::Attempt { attempt: number, until_ms: now + timeout_ms })?;
            let error = match attempt(timeout_ms).await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            let now = steady_ms();
            let Some(wait_ms) = attempts.wait_ms(now, &error, Math::random()) else {
                return Err(error.into());
            };
            let until_ms = now + wait_ms;
            report(Progress::Wait { attempt: number, until_ms, wait_ms, error: &error })?;
            if wait_ms > 0 {
                TimeoutFuture::new(milliseconds(wait_ms)).await;
            }
        }
    };
    check()?;
    match select(pin!(aborted(signal.as_ref())), pin!(attempts)).await {
        Either::Left(((), _)) => {
            trap::at("stop");
            Err(signal.as_ref().map(|signal| get(signal, "reason")).unwrap_or_default())
        }
        Either::Right((ended, _)) => ended,
    }
}

/// Waits until `signal` aborts.
async fn aborted(signal: Option<&AbortSignal>) {
    let Some(signal) = signal else { return pending().await };
    let (ring, rings) = oneshot::channel();
    let ring = Closure::once(move || {
        let _ = ring.send(()); // to nobody, when the exchange has just ended
    });
    let _listener = AbortListener::new(signal, ring);
    let _ = rings.await;
}

/// Removes its listener when it is dropped. gloo-events' listener panics when a signal refuses it, and some
/// builds of workerd refuse its default options.
struct AbortListener<'a> {
    signal: &'a AbortSignal,
    ring: Closure<dyn FnMut()>,
}

impl<'a> AbortListener<'a> {
    fn new(signal: &'a AbortSignal, ring: Closure<dyn FnMut()>) -> Self {
        // A signal that takes no listener never rings.
        let _ = signal.add_event_listener_with_callback("abort", ring.as_ref().unchecked_ref());
        Self { signal, ring }
    }
}

impl Drop for AbortListener<'_> {
    fn drop(&mut self) {
        let ring = self.ring.as_ref().unchecked_ref();
        let _ = self.signal.remove_event_listener_with_callback("abort", ring);
    }
}

fn check_aborted(signal: &AbortSignal) -> Result<(), JsValue> {
    if get(signal, "aborted").is_truthy() { Err(get(signal, "reason")) } else { Ok(()) }
}

/// Milliseconds for a timer. Options and the deadline keep them far below the limit.
pub fn milliseconds(ms: i64) -> u32 {
    u32::try_from(ms.clamp(0, i32::MAX.into())).unwrap_or_default()
}

fn record_of(error: Error) -> JsValue {
    error_record::<()>(&error.into(), &JsValue::UNDEFINED)
}
