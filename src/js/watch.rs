//! Ends an attempt when its time is over or its caller leaves.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::platform::{Signal, clear_timeout, set_timeout};

/// Why an attempt was ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Timeout,
    Caller,
}

/// Watches one attempt. Dropping it clears the timer and stops listening, and aborts what is under
/// way unless that was [finished](Self::finish).
pub struct Watch {
    controller: web_sys::AbortController,
    stopped: Promise,
    why: Rc<Cell<Option<Stop>>>,
    finished: Cell<bool>,
    timer: JsValue,
    signal: Option<Signal>,
    on_abort: Closure<dyn FnMut()>,
    _on_timeout: Closure<dyn FnMut()>,
}

impl Watch {
    /// Begins to watch. Fails where the platform has no timers or no `AbortController`.
    pub fn start(timeout_ms: u32, signal: Option<Signal>) -> Result<Self, JsValue> {
        let controller = web_sys::AbortController::new()?;
        let why = Rc::new(Cell::new(None));
        let mut resolve = None;
        let stopped = Promise::new(&mut |on_stop, _| resolve = Some(on_stop));
        let ending = |stop: Stop| {
            let (why, resolve, controller) = (why.clone(), resolve.clone(), controller.clone());
            Closure::<dyn FnMut()>::new(move || end(stop, &why, resolve.as_ref(), &controller))
        };
        let on_timeout = ending(Stop::Timeout);
        let on_abort = ending(Stop::Caller);
        let timer = set_timeout(on_timeout.as_ref().unchecked_ref(), timeout_ms)?;
        let watch = Self {
            controller,
            stopped,
            why,
            finished: Cell::new(false),
            timer,
            signal,
            on_abort,
            _on_timeout: on_timeout,
        };
        if let Some(signal) = &watch.signal {
            signal.listen("abort", watch.on_abort.as_ref().unchecked_ref())?;
        }
        Ok(watch)
    }

    /// What `fetch` is to be given.
    pub fn signal(&self) -> web_sys::AbortSignal {
        self.controller.signal()
    }

    /// Why the attempt was ended, if it was.
    pub fn why(&self) -> Option<Stop> {
        self.why.get()
    }

    /// Nothing is under way any more.
    pub fn finish(&self) {
        self.finished.set(true);
    }

    /// Waits for `promise`, but no longer than the attempt lasts.
    pub async fn wait(&self, promise: &Promise) -> Result<JsValue, JsValue> {
        let first = JsFuture::from(Promise::race(&Array::of2(promise, &self.stopped))).await;
        if self.why().is_some() { Err(JsValue::UNDEFINED) } else { first }
    }
}

fn end(
    stop: Stop,
    why: &Cell<Option<Stop>>,
    resolve: Option<&Function>,
    controller: &web_sys::AbortController,
) {
    if why.get().is_none() {
        why.set(Some(stop));
        if let Some(resolve) = resolve {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
        controller.abort();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = clear_timeout(&self.timer);
        if let Some(signal) = &self.signal {
            let _ = signal.unlisten("abort", self.on_abort.as_ref().unchecked_ref());
        }
        if !self.finished.get() {
            self.controller.abort();
        }
    }
}
