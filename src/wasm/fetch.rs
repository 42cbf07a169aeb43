//! One attempt of an exchange: sends the keys, reads the answer, and has the core interpret it.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_net::http::Headers;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use super::authenticate::milliseconds;
use super::failure::JsFailure;
use super::runtime::read_clocks;
use super::value::{JsJson, bare_object, error_record, get, is_instance_of, kind, own, set, to_js};
use super::{settled, trap};
use crate::error::{Code, Error};
use crate::json::Json;
use crate::numbers::whole;
use crate::options::Options;
use crate::response::{
    Answer, Body, FailedAnswer, Interruption, MAX_BODY, RequestContext, interpret,
};
use crate::retry::RetryPolicy;
use crate::secret::{Redaction, Secret};

// A caller's `fetch` can return any value, so each call of a method of it is caught.
#[wasm_bindgen]
extern "C" {
    type AnswerHeaders;
    #[wasm_bindgen(method, catch)]
    fn get(this: &AnswerHeaders, name: &str) -> Result<JsValue, JsValue>;

    type Stream;
    #[wasm_bindgen(method, js_name = getReader, catch)]
    fn get_reader(this: &Stream) -> Result<Reader, JsValue>;

    #[derive(Clone)]
    type Reader;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Reader) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn cancel(this: &Reader) -> Result<JsValue, JsValue>;

    type Bytes;
    /// Copies a `Uint8Array` of any realm. Fails if its buffer is detached.
    #[wasm_bindgen(constructor, js_class = "Uint8Array", catch)]
    fn copy(bytes: &JsValue) -> Result<Bytes, JsValue>;

    /// An `AbortController` whose `abort` may throw: on Workers only the request that made the controller
    /// may call it.
    type AbortController;
    #[wasm_bindgen(constructor)]
    fn new() -> AbortController;
    #[wasm_bindgen(method, getter)]
    fn signal(this: &AbortController) -> JsValue;
    #[wasm_bindgen(method, catch)]
    fn abort(this: &AbortController) -> Result<(), JsValue>;
}

/// How many chunks of a body may be empty. A stream of only empty chunks would never end, and would not
/// let a timer fire.
const MAX_EMPTY_CHUNKS: u32 = 1_000;

/// The request that every attempt of an exchange sends. Its secrets are in JavaScript's memory only: a
/// future that is never resumed would keep them in the Wasm memory, unwiped.
pub struct Request {
    pub policy: RetryPolicy,
    token_url: String,
    environment: String,
    fetch: Function,
    /// The request's body, as text.
    body: JsValue,
    authorization: JsValue,
    /// The secrets to redact, one per line.
    secrets: JsValue,
}

/// Why there is no complete answer, and the exception, if any.
type Interrupted = (Interruption, JsValue);

impl Request {
    /// Returns the request for validated options.
    pub fn new(checked: &Options, fetch: Function) -> Self {
        let text = |secret: &Secret| JsValue::from_str(secret.expose());
        let body = serde_json::to_string(&checked.request_body()).map(Zeroizing::new);
        Self {
            policy: RetryPolicy {
                timeout_ms: checked.timeout_ms.into(),
                retries: checked.retries,
                deadline_ms: checked.deadline_ms.into(),
            },
            token_url: checked.token_url.clone(),
            environment: checked.environment.clone(),
            fetch,
            // Three strings always serialize.
            body: body.map(|body| JsValue::from_str(&body)).unwrap_or_default(),
            authorization: checked.authorization.as_ref().map(text).unwrap_or_default(),
            secrets: text(&checked.secrets()),
        }
    }

    /// Makes an attempt. Returns a token's record.
    pub async fn send(&self, timeout_ms: i64) -> Result<JsValue, JsFailure> {
        trap::at("attempt");
        let mut timer =
            AttemptTimer { timeout_ms, timer: TimeoutFuture::new(milliseconds(timeout_ms)) };
        let mut fetched =
            FetchGuard { controller: AbortController::new(), reader: None, is_complete: false };
        match self.answer(&mut timer, &mut fetched).await {
            Ok(token) => Ok(token),
            // Final, and not a failure.
            Err((_, cause)) if is_control_flow(&cause) => Err(JsFailure::new(cause)),
            Err((failed, cause)) => Err(JsFailure::new(error_record(&failed, &cause))),
        }
    }

    async fn answer(
        &self,
        timer: &mut AttemptTimer,
        fetched: &mut FetchGuard,
    ) -> Result<JsValue, (FailedAnswer<JsJson>, JsValue)> {
        let init = self.init(&fetched.controller);
        let sent = read_clocks();
        let url = JsValue::from_str(&self.token_url);
        let response = match self.fetch.call2(&JsValue::UNDEFINED, &url, &init) {
            Ok(promise) => timer.limit(&promise).await,
            Err(thrown) => Err((Interruption::Network, thrown)),
        };
        trap::at("answer");
        // Drop the body, which holds the private key.
        set(&init, "body", &JsValue::UNDEFINED);
        let response =
            response.map_err(|(interruption, thrown)| (self.interrupted(interruption), thrown))?;
        let not_an_answer = |error: Error| (error.into(), JsValue::UNDEFINED);
        let head = ResponseHead::read(&response, &self.context())
            .map_err(|error| not_an_answer(*error))?;
        if head.response_type == "error" {
            return Err((self.interrupted(Interruption::Network), JsValue::UNDEFINED));
        }
        let mut cause = JsValue::UNDEFINED;
        let body = match head.body.map(|stream| fetched.open(&stream)) {
            _ if head.redirected || (300..400).contains(&head.status) => Body::Other("a redirect"),
            None => Body::Other("an empty body"),
            Some(reader) => {
                read_body(reader, timer, fetched).await.unwrap_or_else(|(interruption, thrown)| {
                    cause = thrown;
                    Body::Interrupted(interruption)
                })
            }
        };
        let answer = Answer {
            status: head.status,
            redirected: head.redirected,
            retry_after: head.retry_after.as_deref(),
            date: head.date.as_deref(),
            age: head.age.as_deref(),
            body,
            sent,
            received: read_clocks(),
        };
        interpret(answer, self.context())
            .map(|token| to_js(&token))
            .map_err(|failed| (*failed, cause))
    }

    /// Returns the second argument of `fetch`.
    fn init(&self, controller: &AbortController) -> JsValue {
        let headers = Headers::new();
        headers.set("Content-Type", "application/json");
        headers.set("Accept", "application/json");
        if let Some(authorization) = self.authorization.as_string() {
            headers.set("Authorization", &authorization);
        }
        let init = bare_object();
        set(&init, "method", &"POST".into());
        set(&init, "headers", &headers.into_raw().into());
        set(&init, "body", &self.body);
        set(&init, "redirect", &"manual".into());
        set(&init, "signal", &controller.signal());
        init
    }

    /// Returns the context in which the core reads an answer. While it exists, the secrets are in the
    /// Wasm memory.
    fn context(&self) -> RequestContext<'_> {
        let secrets = Zeroizing::new(self.secrets.as_string().unwrap_or_default());
        let redaction = Redaction::of_lines(&secrets);
        RequestContext { token_url: &self.token_url, environment: &self.environment, redaction }
    }

    fn interrupted(&self, interruption: Interruption) -> FailedAnswer<JsJson> {
        interruption.to_error(&self.context()).into()
    }
}

/// The timer of one attempt.
struct AttemptTimer {
    timeout_ms: i64,
    timer: TimeoutFuture,
}

impl AttemptTimer {
    /// Awaits `promise`, or returns a timeout if the timer fires first.
    async fn limit(&mut self, promise: &JsValue) -> Result<JsValue, Interrupted> {
        match select(pin!(settled(promise)), &mut self.timer).await {
            Either::Left((result, _)) => result.map_err(|thrown| (Interruption::Network, thrown)),
            Either::Right(((), _)) => {
                trap::at("stop");
                let after_ms = milliseconds(self.timeout_ms);
                Err((Interruption::Timeout { after_ms }, JsValue::UNDEFINED))
            }
        }
    }
}

/// A guard that ends the request if it is dropped before the answer is complete.
struct FetchGuard {
    controller: AbortController,
    reader: Option<Reader>,
    is_complete: bool,
}

impl FetchGuard {
    /// Locks the body, to read it or to cancel it on drop.
    fn open(&mut self, stream: &Stream) -> Result<Reader, JsValue> {
        let reader = stream.get_reader()?;
        self.reader = Some(reader.clone());
        Ok(reader)
    }
}

impl Drop for FetchGuard {
    fn drop(&mut self) {
        if self.is_complete {
            return;
        }
        // On Workers this fails if the request that made it has ended. Then the fetch has ended too.
        let _ = self.controller.abort();
        // For a `fetch` that ignores its signal. A failure here changes nothing.
        if let Some(Ok(cancelled)) = self.reader.take().map(|reader| reader.cancel()) {
            // A race handles the rejections of all its promises. This one settles at once.
            let _ = Promise::race(&Array::of2(&JsValue::UNDEFINED, &cancelled));
        }
    }
}

/// An answer without its body. Each part is read once.
struct ResponseHead {
    response_type: String,
    status: u16,
    /// True if the platform hides a redirect or has followed one.
    redirected: bool,
    retry_after: Option<String>,
    date: Option<String>,
    age: Option<String>,
    body: Option<Stream>,
}

impl ResponseHead {
    /// Reads the value that `fetch` resolved to.
    fn read(response: &JsValue, context: &RequestContext<'_>) -> crate::error::Result<Self> {
        let not_a_response = |found: &str| {
            let message = context.message("a Response of `fetch`", found);
            Error::boxed(Code::BadResponse, message)
        };
        if !is_instance_of(response, "Response") {
            return Err(not_a_response(&kind(response)));
        }
        let status = get(response, "status");
        let status = status
            .as_f64()
            .and_then(whole)
            .and_then(|status| u16::try_from(status).ok())
            .ok_or_else(|| not_a_response(&format!("one whose status is {}", kind(&status))))?;
        let body = get(response, "body");
        if !(body.is_undefined() || body.is_null() || get(&body, "getReader").is_function()) {
            // For example node-fetch, whose bodies are Node streams.
            let found = "one whose answers have a body of another kind";
            return Err(Error::option("fetch", "a function that answers with web streams", found));
        }
        let headers = get(response, "headers");
        let has_headers = get(&headers, "get").is_function();
        let headers: AnswerHeaders = headers.unchecked_into();
        let header = |name| has_headers.then(|| headers.get(name).ok()?.as_string()).flatten();
        let response_type = get(response, "type").as_string().unwrap_or_default();
        let redirected =
            response_type == "opaqueredirect" || get(response, "redirected").is_truthy();
        Ok(Self {
            response_type,
            status,
            redirected,
            retry_after: header("Retry-After"),
            date: header("Date"),
            age: header("Age"),
            body: body.is_object().then(|| body.unchecked_into()),
        })
    }
}

/// Reads at most [`MAX_BODY`] bytes of JSON.
async fn read_body(
    reader: Result<Reader, JsValue>,
    timer: &mut AttemptTimer,
    fetched: &mut FetchGuard,
) -> Result<Body<JsJson>, Interrupted> {
    let broken = |thrown| (Interruption::Network, thrown);
    let reader = reader.map_err(broken)?;
    let mut bytes = Vec::new();
    let mut empty_chunks = 0;
    loop {
        let chunk = timer.limit(&reader.read().map_err(broken)?).await?;
        if get(&chunk, "done").is_truthy() {
            break;
        }
        let Some(mut chunk) = bytes_of(&get(&chunk, "value")) else {
            return Ok(Body::Other("a stream of something else than bytes"));
        };
        if bytes.len() + chunk.len() > MAX_BODY {
            return Ok(Body::Other("more than 1 MiB"));
        }
        empty_chunks += u32::from(chunk.is_empty());
        if empty_chunks > MAX_EMPTY_CHUNKS {
            return Ok(Body::Other("a stream of empty chunks"));
        }
        bytes.append(&mut chunk);
    }
    fetched.is_complete = true;
    Ok(parse_body(bytes))
}

/// Returns whether this is a framework's control flow, such as Next.js ending a render: an object that
/// has a text `digest` of its own.
fn is_control_flow(thrown: &JsValue) -> bool {
    thrown.is_object() && own(thrown, "digest").is_ok_and(|digest| digest.is_string())
}

fn bytes_of(chunk: &JsValue) -> Option<Vec<u8>> {
    let bytes = is_instance_of(chunk, "Uint8Array").then(|| Bytes::copy(chunk).ok()).flatten()?;
    Some(bytes.unchecked_into::<Uint8Array>().to_vec())
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
