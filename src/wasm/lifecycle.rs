//! The lifecycles of all clients, each known by a number. Whoever drives them tells one event at a
//! time, in numbers, and gets numbers back: what has a name there is named in `machine.ts`.

use std::cell::RefCell;

use js_sys::{Array, Math};
use wasm_bindgen::prelude::*;

use super::platform::{get, to_js};
use super::read;
use super::trap;
use crate::error::{Code, Error};
use crate::json::{Json, float, floor};
use crate::lifecycle::{Ask, Failure, Lifecycle, Next, Policy, Start, Unauthorized};

thread_local! {
    /// They hold no key and no token, only numbers, instants and errors.
    static CLIENTS: RefCell<Vec<Option<Lifecycle<Told>>>> = const { RefCell::new(Vec::new()) };
}

/// An error as the TypeScript side has it, which gets it back.
#[derive(Clone)]
struct Told {
    error: JsValue,
    rejects_keys: bool,
    is_retryable: bool,
    retry_after_ms: i64,
}

impl Told {
    fn new(error: JsValue) -> Self {
        Self {
            rejects_keys: get(&error, "code").as_string().as_deref()
                == Some(Code::CredentialsRejected.as_str()),
            is_retryable: get(&error, "retryable").is_truthy(),
            retry_after_ms: get(&error, "retryAfterMs").as_f64().map(ms).unwrap_or_default(),
            error,
        }
    }
}

impl Failure for Told {
    fn rejects_keys(&self) -> bool {
        self.rejects_keys
    }

    fn is_retryable(&self) -> bool {
        self.is_retryable
    }

    fn retry_after_ms(&self) -> i64 {
        self.retry_after_ms
    }

    fn too_late(deadline_ms: i64) -> Self {
        Self::new(to_js(&Error::too_late(deadline_ms).to_json()))
    }
}

/// Checks what a client is made with: `{policy}`, to be given to [`open`], or `{error}`.
#[wasm_bindgen(js_name = checkClient)]
pub fn check_client(snapshot: &JsValue, in_browser: bool) -> JsValue {
    let policy = read::client(snapshot, in_browser).map(|(options, client)| {
        Json::object([
            ("timeoutMs", Json::integer(options.timeout_ms.into())),
            ("retries", Json::integer(options.retries.into())),
            ("deadlineMs", Json::integer(options.deadline_ms.into())),
            ("refreshAhead", Json::Number(client.refresh_ahead)),
            ("hasStore", Json::Bool(!get(snapshot, "store").is_undefined())),
            ("baseUrl", Json::text_or_null(client.base_url.as_deref())),
            ("tokenUrl", Json::text(&options.token_url)),
            ("environment", Json::text(&options.environment)),
        ])
    });
    super::record("policy", policy)
}

/// Checks what a client without keys is made with: `{baseUrl}` or `{error}`.
#[wasm_bindgen(js_name = checkKeyless)]
pub fn check_keyless(snapshot: &JsValue) -> JsValue {
    super::record("baseUrl", read::keyless(snapshot).map(Json::Text))
}

/// A lifecycle for a new client, without a token. Its number, to be [closed](close) some time.
#[wasm_bindgen]
pub fn open(
    timeout_ms: u32,
    retries: u32,
    deadline_ms: u32,
    refresh_ahead: f64,
    has_store: bool,
) -> usize {
    trap::at("open");
    let policy = Policy {
        timeout_ms: timeout_ms.into(),
        retries,
        deadline_ms: deadline_ms.into(),
        refresh_ahead,
        has_store,
    };
    CLIENTS.with_borrow_mut(|clients| {
        let client = clients.iter().position(Option::is_none).unwrap_or_else(|| {
            clients.push(None);
            clients.len() - 1
        });
        if let Some(free) = clients.get_mut(client) {
            *free = Some(Lifecycle::new(policy));
        }
        client
    })
}

/// Forgets a client's lifecycle. Its number may become another's.
#[wasm_bindgen]
pub fn close(client: usize) {
    trap::at("close");
    CLIENTS.with_borrow_mut(|clients| {
        if let Some(lifecycle) = clients.get_mut(client) {
            *lifecycle = None;
        }
    });
}

/// What can be told. The same names and numbers are in `machine.ts`.
mod event {
    /// Somebody asks for a token: `subject` is when they asked first, if they did before, `first`
    /// the latest reading of the clock that anybody saw.
    pub const ASK: u32 = 0;
    /// An attempt of the exchange `subject` begins.
    pub const ATTEMPT: u32 = 1;
    /// It has brought a token that ends in `first`, of a life of `second` milliseconds.
    pub const SUCCEEDED: u32 = 2;
    /// It has failed with `error`.
    pub const FAILED: u32 = 3;
    /// It was refused with `error` by somebody who has tried by itself.
    pub const REFUSED: u32 = 4;
    /// The exchange `subject` begins with the store.
    pub const CONSULTS: u32 = 5;
    /// The store has a token that ends in `first`, of a life of `second` milliseconds.
    pub const RESTORED: u32 = 6;
    /// The store has none, or none of use.
    pub const MISSED: u32 = 7;
    /// A request with the token `subject` was answered with a 401.
    pub const UNAUTHORIZED: u32 = 8;
    /// A request that was sent again with the token `subject` was answered: with a 401 if `first`.
    pub const REPLAYED: u32 = 9;
    /// The caller drops whatever token is at hand.
    pub const INVALIDATE: u32 = 10;
    /// The caller says that whatever was wrong has been put right.
    pub const RESET: u32 = 11;
    /// The clock has stepped back from `first`.
    pub const STEPPED_BACK: u32 = 12;
}

/// Tells a client's lifecycle of an event at `now_ms`. What is not said is `undefined`, which is NaN
/// here. The answer is of the kind that belongs to the event: a boolean, milliseconds or nothing, or
/// a list as [`asked`] and [`next`] make it. Nothing is what a client gets who has been closed.
#[wasm_bindgen]
pub fn tell(
    client: usize,
    event: u32,
    now_ms: f64,
    subject: f64,
    first: f64,
    second: f64,
    error: JsValue,
) -> JsValue {
    trap::at_event(event);
    let now = ms(now_ms);
    let id = u32::try_from(ms(subject)).unwrap_or_default();
    let milliseconds = |ms: Option<i64>| ms.map_or(JsValue::UNDEFINED, |ms| float(ms).into());
    CLIENTS.with_borrow_mut(|clients| {
        let Some(Some(machine)) = clients.get_mut(client) else {
            return JsValue::UNDEFINED;
        };
        match event {
            event::ASK => {
                machine.observe(ms(first));
                asked(machine.ask(now, floor(subject)))
            }
            event::ATTEMPT => milliseconds(machine.attempt(now, id)),
            event::SUCCEEDED => {
                next(&machine.succeeded(now, id, ms(first), ms(second), Math::random()))
            }
            event::FAILED => next(&machine.failed(now, id, Told::new(error), Math::random())),
            event::REFUSED => next(&machine.refused(now, id, Told::new(error))),
            event::CONSULTS => milliseconds(machine.consults(now, id)),
            event::RESTORED => {
                next(&machine.restored(now, id, ms(first), ms(second), Math::random()))
            }
            event::MISSED => next(&machine.missed(now, id)),
            event::UNAUTHORIZED => (machine.unauthorized(now, id) == Unauthorized::Replay).into(),
            event::REPLAYED => machine.replayed(now, id, first > 0.0).into(),
            event::INVALIDATE => {
                machine.invalidate(None);
                JsValue::UNDEFINED
            }
            event::RESET => machine.reset().into(),
            event::STEPPED_BACK => {
                machine.stepped_back(now, ms(first));
                JsValue::UNDEFINED
            }
            _ => JsValue::UNDEFINED,
        }
    })
}

/// For who asked: `[HAND_OUT, freshForMs, token, …start]`, `[WAIT, waitMs, askedAtMs, …start]` or
/// `[FAIL, error]`, where a start is the number of the exchange to make and its reason, or is absent.
fn asked(ask: Ask<Told>) -> JsValue {
    let list = |kind: i64, ms: i64, subject: i64, start: Option<Start>| {
        let mut numbers = vec![kind, ms, subject];
        if let Some(Start { exchange, reason }) = start {
            numbers.extend([exchange.into(), reason as i64]);
        }
        list(&numbers)
    };
    match ask {
        Ask::HandOut { token, fresh_for_ms, start } => list(0, fresh_for_ms, token.into(), start),
        Ask::Start { start, wait_ms, asked_at_ms } => list(1, wait_ms, asked_at_ms, Some(start)),
        Ask::Wait { wait_ms, asked_at_ms } => list(1, wait_ms, asked_at_ms, None),
        Ask::Fail(told) => Array::of2(&float(2).into(), &told.error).into(),
    }
}

/// For a leader: `[DONE, freshForMs, token, closed]`, `[FAILURE, opened]`, `[RETRY, waitMs]`,
/// `[EXCHANGE]` or `[SUPERSEDED]`. A token of 0 is none.
fn next(next: &Next<Told>) -> JsValue {
    match *next {
        Next::Done { token, fresh_for_ms, closed } => {
            list(&[0, fresh_for_ms, token.unwrap_or_default().into(), closed.into()])
        }
        Next::Failed { opened, .. } => list(&[1, opened.into()]),
        Next::Retry { wait_ms } => list(&[2, wait_ms]),
        Next::Exchange => list(&[3]),
        Next::Superseded => list(&[4]),
    }
}

fn list(numbers: &[i64]) -> JsValue {
    let list = Array::new();
    for number in numbers {
        list.push(&float(*number).into());
    }
    list.into()
}

fn ms(number: f64) -> i64 {
    floor(number).unwrap_or_default()
}
