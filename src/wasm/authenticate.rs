//! A whole exchange: its attempts, the waits between them, its deadline, and its abort by the caller.

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
use super::runtime::monotonic_ms;
use super::value::{error_record, get, to_js};
use super::{options, trap};
use crate::error::Error;
use crate::retry::{Attempts, RetryPolicy};

/// Exchanges keys for a token.
///
/// `options` are the package's options as plain data. `fetch` defaults to the platform's. `signal`
/// aborts the exchange. `progress` is called when an attempt or a wait begins.
///
/// # Errors
/// The record of an error, the reason of `signal`, or a framework's control-flow object, with which
/// `fetch` has rejected.
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
    run_until_done(request.policy, signal, progress, &|timeout_ms| {
        Box::pin(request.send(timeout_ms))
    })
    .await
}

/// Validates the options. Drops the validated keys before it returns: a future that is never resumed
/// would keep them in memory.
fn prepare(options: &JsValue, fetch: Option<Function>) -> crate::error::Result<Request> {
    let checked = options::exchange(options)?;
    Ok(Request::new(&checked, options::fetch(fetch)?))
}

/// Runs the retry loop with calls of `attempt`, which resolves to a token's record or rejects with an
/// error. Its argument is how long it may take, in milliseconds. It must keep to that.
///
/// # Errors
/// The rejection of the last attempt, or the reason of `signal`.
#[wasm_bindgen(js_name = runAttempts, unchecked_return_type = "unknown")]
pub async fn run_attempts(
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
    run_until_done(policy, signal, progress, &|timeout_ms| {
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

/// The progress of an exchange. From it, the lifecycle knows when the leader is overdue. All instants
/// are readings of the monotonic clock.
#[derive(Serialize)]
#[serde(tag = "step", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Progress<'a> {
    /// An attempt begins. It ends at `until_ms` at the latest.
    Attempt { attempt: u32, until_ms: i64 },
    /// The attempt has failed. The next one begins at `until_ms`.
    Wait { attempt: u32, until_ms: i64, wait_ms: i64, error: &'a JsFailure },
}

/// An attempt under way. Boxed, so that the retry loop is compiled once.
type Attempt<'a> = LocalBoxFuture<'a, Result<JsValue, JsFailure>>;

/// Runs the attempts of an exchange. This is the only retry loop.
async fn run_until_done<'a>(
    policy: RetryPolicy,
    signal: Option<AbortSignal>,
    progress: Option<Function>,
    attempt: &dyn Fn(i64) -> Attempt<'a>,
) -> Result<JsValue, JsValue> {
    let check = || signal.as_ref().map_or(Ok(()), check_aborted);
    // An exception of `progress` does not end the exchange.
    let report = |at: Progress<'_>| {
        let _ = progress.as_ref().map(|progress| progress.call1(&JsValue::UNDEFINED, &to_js(&at)));
        check() // `progress` may have aborted the exchange
    };
    let attempts = async {
        let mut attempts = Attempts::new(policy, monotonic_ms());
        loop {
            let now = monotonic_ms();
            let timeout_ms = attempts.begin(now);
            let number = attempts.number();
            report(Progress::Attempt { attempt: number, until_ms: now + timeout_ms })?;
            let error = match attempt(timeout_ms).await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            let now = monotonic_ms();
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
    let (sender, receiver) = oneshot::channel();
    let on_abort = Closure::once(move || {
        let _ = sender.send(()); // fails if the exchange has just ended
    });
    let _listener = AbortListener::new(signal, on_abort);
    let _ = receiver.await;
}

/// A listener for `abort` that is removed on drop. gloo-events' listener panics if a signal refuses it,
/// and some builds of workerd refuse its default options.
struct AbortListener<'a> {
    signal: &'a AbortSignal,
    on_abort: Closure<dyn FnMut()>,
}

impl<'a> AbortListener<'a> {
    fn new(signal: &'a AbortSignal, on_abort: Closure<dyn FnMut()>) -> Self {
        // A signal that refuses the listener never aborts the exchange.
        let listener = on_abort.as_ref().unchecked_ref();
        let _ = signal.add_event_listener_with_callback("abort", listener);
        Self { signal, on_abort }
    }
}

impl Drop for AbortListener<'_> {
    fn drop(&mut self) {
        let listener = self.on_abort.as_ref().unchecked_ref();
        let _ = self.signal.remove_event_listener_with_callback("abort", listener);
    }
}

fn check_aborted(signal: &AbortSignal) -> Result<(), JsValue> {
    if get(signal, "aborted").is_truthy() { Err(get(signal, "reason")) } else { Ok(()) }
}

/// Returns milliseconds for a timer, which takes at most `i32::MAX`. Real values are far below that.
pub fn milliseconds(ms: i64) -> u32 {
    u32::try_from(ms.clamp(0, i32::MAX.into())).unwrap_or_default()
}

fn record_of(error: Error) -> JsValue {
    error_record::<()>(&error.into(), &JsValue::UNDEFINED)
}
