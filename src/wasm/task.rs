//! Runs futures that wait for promises, one after the other, without an executor: whoever started
//! one waits for each of its promises, and then has it go on.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::Array;
use wasm_bindgen::prelude::*;

use super::platform::steady_ms;

/// Why a promise has no value.
pub enum Stop {
    /// It was rejected with this.
    Failed(JsValue),
    /// Time was over before it settled.
    Timeout,
}

/// What became of a promise.
pub type Settled = Result<JsValue, Stop>;

/// By which a future waits.
#[derive(Clone, Default)]
pub struct Waiter(Rc<Link>);

#[derive(Default)]
struct Link {
    wanted: Cell<JsValue>,
    settled: Cell<Option<Settled>>,
}

impl Waiter {
    /// Waits for `promise`, for as long as whoever resumes this does.
    pub async fn wait(&self, promise: JsValue) -> Settled {
        self.0.wanted.set(promise);
        poll_fn(|_| self.0.settled.take().map_or(Poll::Pending, Poll::Ready)).await
    }
}

/// A future that waits.
struct Task {
    number: u32,
    /// Nobody comes back for it after this, by the steady clock.
    until_ms: i64,
    future: Pin<Box<dyn Future<Output = JsValue>>>,
    waiter: Waiter,
}

#[derive(Default)]
struct Tasks {
    started: u32,
    waiting: Vec<Task>,
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// How much later than it should a task may go on.
const GRACE_MS: i64 = 60_000;

/// Starts a future that is through within `timeout_ms`: what it ends in, or `[task, promise]` when it
/// waits.
pub fn start<F: Future<Output = JsValue> + 'static>(
    timeout_ms: u32,
    run: impl FnOnce(Waiter) -> F,
) -> JsValue {
    let now_ms = steady_ms();
    let number = TASKS.with_borrow_mut(|tasks| {
        // On Workers a request can end in the middle of anything, and what it leaves holds keys.
        tasks.waiting.retain(|task| now_ms < task.until_ms);
        tasks.started = tasks.started.wrapping_add(1);
        tasks.started
    });
    let waiter = Waiter::default();
    let until_ms = now_ms + i64::from(timeout_ms) + GRACE_MS;
    go_on(Task { number, until_ms, future: Box::pin(run(waiter.clone())), waiter })
}

/// Has a task go on; the same answers, or `undefined` when it does not wait.
pub fn resume(number: u32, settled: Settled) -> JsValue {
    take(number).map_or(JsValue::UNDEFINED, |task| {
        task.waiter.0.settled.set(Some(settled));
        go_on(task)
    })
}

/// Ends a task that nobody waits for any more.
pub fn end(number: u32) {
    drop(take(number));
}

fn take(number: u32) -> Option<Task> {
    TASKS.with_borrow_mut(|Tasks { waiting, .. }| {
        let at = waiting.iter().position(|task| task.number == number)?;
        Some(waiting.swap_remove(at))
    })
}

fn go_on(mut task: Task) -> JsValue {
    // It calls the caller's `fetch`, which may come back here: nothing is borrowed.
    match task.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => end,
        Poll::Pending => {
            let waits = Array::new();
            waits.push(&task.number.into());
            waits.push(&task.waiter.0.wanted.take());
            TASKS.with_borrow_mut(|tasks| tasks.waiting.push(task));
            waits.into()
        }
    }
}
