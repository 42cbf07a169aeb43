//! The lifecycle as a handle that the TypeScript side drives. Every call is one event.

use std::cell::RefCell;

use serde::Deserialize as _;
use serde_wasm_bindgen::Deserializer;
use wasm_bindgen::prelude::*;

use super::platform::to_js;
use super::read;
use crate::error::{Code, Error};
use crate::json::{Json, floor};
use crate::lifecycle::{self, Ask, Next, Policy, Start, Unauthorized};

/// One client's state. It holds no key and no token, only numbers and instants.
#[wasm_bindgen]
pub struct Lifecycle(RefCell<lifecycle::Lifecycle>);

/// Checks what a client is made with: `{policy}`, to be given to [`Lifecycle::new`], or `{error}`.
#[wasm_bindgen(js_name = checkClient)]
pub fn check_client(snapshot: &JsValue, in_browser: bool) -> JsValue {
    let policy = read::client(snapshot, in_browser).map(|(options, client)| {
        object([
            ("timeoutMs", Json::integer(options.timeout_ms.into())),
            ("retries", Json::integer(options.retries.into())),
            ("deadlineMs", Json::integer(options.deadline_ms.into())),
            ("refreshAhead", Json::Number(client.refresh_ahead)),
            ("baseUrl", Json::text_or_null(client.base_url.as_deref())),
        ])
    });
    super::record("policy", policy)
}

#[wasm_bindgen]
impl Lifecycle {
    /// One without a token.
    #[wasm_bindgen(constructor)]
    pub fn new(timeout_ms: u32, retries: u32, deadline_ms: u32, refresh_ahead: f64) -> Self {
        let policy = Policy {
            timeout_ms: timeout_ms.into(),
            retries,
            deadline_ms: deadline_ms.into(),
            refresh_ahead,
        };
        Self(RefCell::new(lifecycle::Lifecycle::new(policy)))
    }

    /// Somebody asks for a token. `seen_ms` is the latest reading of the clock that anybody saw.
    pub fn ask(&self, seen_ms: f64, now_ms: f64, asked_at_ms: Option<f64>) -> JsValue {
        self.event(|machine| {
            machine.observe(ms(seen_ms));
            match machine.ask(ms(now_ms), asked_at_ms.map(ms)) {
                Ask::HandOut { token, fresh_for_ms, start } => object([
                    ("token", Json::integer(token.into())),
                    ("freshForMs", Json::integer(fresh_for_ms)),
                    ("start", start.map_or(Json::Null, start_record)),
                ]),
                Ask::Start { start, wait_ms, asked_at_ms } => object([
                    ("waitMs", Json::integer(wait_ms)),
                    ("askedAtMs", Json::integer(asked_at_ms)),
                    ("start", start_record(start)),
                ]),
                Ask::Wait { wait_ms, asked_at_ms } => object([
                    ("waitMs", Json::integer(wait_ms)),
                    ("askedAtMs", Json::integer(asked_at_ms)),
                    ("start", Json::Null),
                ]),
                Ask::Fail(error) => object([("error", error.to_json())]),
            }
        })
    }

    /// An attempt begins: how long it may take; `undefined` when somebody else leads.
    pub fn attempt(&self, now_ms: f64, exchange: u32) -> Option<f64> {
        let mut machine = self.0.try_borrow_mut().ok()?;
        match Json::integer(machine.attempt(ms(now_ms), exchange)?) {
            Json::Number(timeout_ms) => Some(timeout_ms),
            _ => None,
        }
    }

    /// An attempt has brought a token.
    pub fn succeeded(
        &self,
        now_ms: f64,
        exchange: u32,
        ends_in_ms: f64,
        lifetime_ms: f64,
        jitter: f64,
    ) -> JsValue {
        let (now, ends_in, lifetime) = (ms(now_ms), ms(ends_in_ms), ms(lifetime_ms));
        self.event(|machine| {
            next_record(machine.succeeded(now, exchange, ends_in, lifetime, jitter))
        })
    }

    /// An attempt has failed with this record of an error.
    pub fn failed(&self, now_ms: f64, exchange: u32, error: JsValue, jitter: f64) -> JsValue {
        let record = Json::deserialize(Deserializer::from(error)).unwrap_or(Json::Null);
        let error = Error::from_json(&record);
        self.event(|machine| next_record(machine.failed(ms(now_ms), exchange, error, jitter)))
    }

    /// A request with this token was answered with a 401: whether to send it again.
    pub fn unauthorized(&self, now_ms: f64, token: u32) -> bool {
        self.0.try_borrow_mut().is_ok_and(|mut machine| {
            machine.unauthorized(ms(now_ms), token) == Unauthorized::Replay
        })
    }

    /// What a request that was sent again was answered with.
    pub fn replayed(&self, now_ms: f64, token: u32, unauthorized: bool) {
        if let Ok(mut machine) = self.0.try_borrow_mut() {
            machine.replayed(ms(now_ms), token, unauthorized);
        }
    }

    /// The caller drops a token, or whatever is at hand.
    pub fn invalidate(&self, token: Option<u32>) {
        if let Ok(mut machine) = self.0.try_borrow_mut() {
            machine.invalidate(token);
        }
    }

    /// Forgets failures. Whether a circuit was open.
    pub fn reset(&self) -> bool {
        self.0.try_borrow_mut().is_ok_and(|mut machine| machine.reset())
    }

    fn event(&self, event: impl FnOnce(&mut lifecycle::Lifecycle) -> Json) -> JsValue {
        let record = if let Ok(mut machine) = self.0.try_borrow_mut() {
            event(&mut machine)
        } else {
            let message = "expected one event at a time, found two".to_owned();
            object([("error", Error::new(Code::Internal, message).to_json())])
        };
        to_js(&record)
    }
}

fn next_record(next: Next) -> Json {
    match next {
        Next::Done { token, fresh_for_ms, closed } => object([
            ("token", Json::integer_or_null(token.map(i64::from))),
            ("freshForMs", Json::integer(fresh_for_ms)),
            ("closed", Json::Bool(closed)),
        ]),
        Next::Failed { error, opened } => {
            object([("error", error.to_json()), ("opened", Json::Bool(opened))])
        }
        Next::Retry { wait_ms } => object([("waitMs", Json::integer(wait_ms))]),
        Next::Superseded => object([]),
    }
}

fn start_record(start: Start) -> Json {
    object([
        ("exchange", Json::integer(start.exchange.into())),
        ("reason", Json::text(start.reason.as_str())),
    ])
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn ms(number: f64) -> i64 {
    floor(number).unwrap_or_default()
}
