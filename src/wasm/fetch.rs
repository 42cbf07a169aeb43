//! One attempt of an exchange: sends the keys, reads the answer, and has the core say what it means.

use std::future::Future;
use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_net::http::{Headers, Response};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, JSON, Object, Uint8Array};
use wasm_bindgen::prelude::*;

use super::authenticate::milliseconds;
use super::failure::JsFailure;
use super::runtime::{steady_ms, wall_ms};
use super::value::{JsJson, error_record, get, is_a, kind, set, to_js};
use super::{settled, trap};
use crate::error::{Code, Error};
use crate::json::Json;
use crate::options::Options;
use crate::response::{Answer, Body, FailedAnswer, Interruption, MAX_BODY, interpret};
use crate::retry::RetryPolicy;
use crate::secret::{Redaction, Secret};

#[wasm_bindgen]
extern "C" {
    /// A `ReadableStream` whose `getReader` may throw, which web-sys' does not catch.
    type Stream;
    #[wasm_bindgen(method, js_name = getReader, catch)]
    fn get_reader(this: &Stream) -> Result<Reader, JsValue>;

    type Reader;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Reader) -> Result<JsValue, JsValue>;

    /// An `AbortController` whose `abort` may throw: on Workers only the request that made it may call it.
    type AbortController;
    #[wasm_bindgen(constructor)]
    fn new() -> AbortController;
    #[wasm_bindgen(method, getter)]
    fn signal(this: &AbortController) -> JsValue;
    #[wasm_bindgen(method, catch)]
    fn abort(this: &AbortController) -> Result<(), JsValue>;
}

/// What the attempts of an exchange send. The keys are in JavaScript's memory only: a future that is never
/// resumed would keep them in Rust's, where nobody could wipe them.
pub struct Request {
    pub policy: RetryPolicy,
    token_url: String,
    environment: String,
    fetch: Function,
    /// The request's body, as text.
    body: JsValue,
    private_key: JsValue,
    authorization: JsValue,
}

/// Why there is no whole answer, and what was thrown.
type Interrupted = (Interruption, JsValue);

impl Request {
    /// A request with options that were checked.
    pub fn new(checked: &Options, fetch: Function) -> Self {
        let text = |secret: &Secret| JsValue::from_str(secret.expose());
        let body = JSON::stringify(&to_js(&checked.request_body()));
        Self {
            policy: RetryPolicy {
                timeout_ms: checked.timeout_ms.into(),
                retries: checked.retries,
                deadline_ms: checked.deadline_ms.into(),
            },
            token_url: checked.token_url.clone(),
            environment: checked.environment.clone(),
            fetch,
            body: body.map(JsValue::from).unwrap_or_default(), // of three strings, so it never fails
            private_key: text(&checked.private_key),
            authorization: checked.authorization.as_ref().map(text).unwrap_or_default(),
        }
    }

    /// Makes an attempt: a token's record.
    pub async fn send(&self, timeout_ms: i64) -> Result<JsValue, JsFailure> {
        trap::at("attempt");
        let mut timer = Timer { timeout_ms, timer: TimeoutFuture::new(milliseconds(timeout_ms)) };
        let mut fetched = Fetched { controller: AbortController::new(), is_whole: false };
        match self.answer(&mut timer, &mut fetched).await {
            Ok(token) => Ok(token),
            Err((failed, cause)) => Err(JsFailure::new(error_record(&failed, &cause))),
        }
    }

    async fn answer(
        &self,
        timer: &mut Timer,
        fetched: &mut Fetched,
    ) -> Result<JsValue, (FailedAnswer<JsJson>, JsValue)> {
        let init = self.init(&fetched.controller);
        let sent_at_ms = steady_ms();
        let url = JsValue::from_str(&self.token_url);
        let response = match self.fetch.call2(&JsValue::UNDEFINED, &url, &init) {
            Ok(promise) => timer.limit(settled(&promise)).await,
            Err(thrown) => Err((Interruption::Network, thrown)),
        };
        trap::at("answer");
        // The body, with the private key in it, is not needed any more.
        set(&init, "body", &JsValue::UNDEFINED);
        let response =
            response.map_err(|(interruption, thrown)| (interruption.to_error().into(), thrown))?;
        if !is_a(&response, "Response") {
            let message = format!("expected `fetch` to give a Response, found {}", kind(&response));
            return Err((Error::new(Code::BadResponse, message).into(), JsValue::UNDEFINED));
        }
        let response_type = get(&response, "type").as_string().unwrap_or_default();
        if response_type == "error" {
            return Err((Interruption::Network.to_error().into(), JsValue::UNDEFINED));
        }
        let redirected =
            response_type == "opaqueredirect" || get(&response, "redirected").is_truthy();
        let response = Response::from(response.unchecked_into::<web_sys::Response>());
        let (status, headers) = (response.status(), response.headers());
        let mut cause = JsValue::UNDEFINED;
        let body = if redirected || (300..400).contains(&status) {
            Body::Other("a redirect")
        } else {
            read_body(&response, timer, fetched).await.unwrap_or_else(|(interruption, thrown)| {
                cause = thrown;
                Body::Interrupted(interruption)
            })
        };
        let (retry_after, date) = (headers.get("Retry-After"), headers.get("Date"));
        let answer = Answer {
            status,
            redirected,
            retry_after: retry_after.as_deref(),
            date: date.as_deref(),
            body,
            received_at_ms: wall_ms(),
            elapsed_ms: (steady_ms() - sent_at_ms).max(0),
        };
        interpret(answer, &self.environment, &self.redaction())
            .map(|token| to_js(&token))
            .map_err(|failed| (*failed, cause))
    }

    /// The second argument of `fetch`.
    fn init(&self, controller: &AbortController) -> JsValue {
        let headers = Headers::new();
        headers.set("Content-Type", "application/json");
        headers.set("Accept", "application/json");
        if let Some(authorization) = self.authorization.as_string() {
            headers.set("Authorization", &authorization);
        }
        let init = Object::new().into();
        set(&init, "method", &"POST".into());
        set(&init, "headers", &headers.into_raw().into());
        set(&init, "body", &self.body);
        set(&init, "redirect", &"manual".into());
        set(&init, "signal", &controller.signal());
        init
    }

    /// Returns the secrets to redact. They are in Rust's memory while the core reads the answer.
    fn redaction(&self) -> Redaction {
        let secret = |value: &JsValue| value.as_string().map(Secret::new);
        let private_key = secret(&self.private_key).unwrap_or_else(|| Secret::new(String::new()));
        Redaction::new(private_key, secret(&self.authorization))
    }
}

/// The time of one attempt.
struct Timer {
    timeout_ms: i64,
    timer: TimeoutFuture,
}

impl Timer {
    /// What `future` comes to, unless the attempt's time is over first.
    async fn limit(
        &mut self,
        future: impl Future<Output = Result<JsValue, JsValue>>,
    ) -> Result<JsValue, Interrupted> {
        match select(pin!(future), &mut self.timer).await {
            Either::Left((result, _)) => result.map_err(|thrown| (Interruption::Network, thrown)),
            Either::Right(((), _)) => {
                trap::at("stop");
                let after_ms = milliseconds(self.timeout_ms);
                Err((Interruption::Timeout { after_ms }, JsValue::UNDEFINED))
            }
        }
    }
}

/// What was fetched. Dropped before the whole answer is there, it ends the request.
struct Fetched {
    controller: AbortController,
    is_whole: bool,
}

impl Drop for Fetched {
    fn drop(&mut self) {
        if !self.is_whole {
            // On Workers this fails when the request that made it has ended; so has the fetch then.
            let _ = self.controller.abort();
        }
    }
}

/// Reads at most [`MAX_BODY`] bytes of JSON.
async fn read_body(
    response: &Response,
    timer: &mut Timer,
    fetched: &mut Fetched,
) -> Result<Body<JsJson>, Interrupted> {
    let broken = |thrown| (Interruption::Network, thrown);
    let Some(stream) = response.body() else {
        return Ok(Body::Other("an empty body"));
    };
    let reader = stream.unchecked_into::<Stream>().get_reader().map_err(broken)?;
    let mut bytes = Vec::new();
    loop {
        let chunk = timer.limit(settled(&reader.read().map_err(broken)?)).await?;
        if get(&chunk, "done").is_truthy() {
            break;
        }
        let Ok(chunk) = get(&chunk, "value").dyn_into::<Uint8Array>() else {
            return Ok(Body::Other("a stream of something else than bytes"));
        };
        if usize::try_from(chunk.length()).map_or(true, |more| bytes.len() + more > MAX_BODY) {
            return Ok(Body::Other("more than 1 MiB"));
        }
        bytes.append(&mut chunk.to_vec());
    }
    fetched.is_whole = true;
    Ok(parse_body(bytes))
}

fn parse_body(bytes: Vec<u8>) -> Body<JsJson> {
    if bytes.is_empty() {
        return Body::Other("an empty body");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Body::Other("bytes that are not UTF-8");
    };
    // RFC 8259, section 8.1: a parser may ignore a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    JsJson::parse(text).map_or(Body::Other("text that is not JSON"), Body::Json)
}
