//! One exchange: sends the keys, reads the answer, and has the core say what it means.

use gloo_net::http::Response;
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::platform::{self, Stream, get, set};
use super::read::{self, Request};
use super::watch::{Stop, Watch};
use crate::answer::{Answer, Body, Interruption, MAX_BODY, interpret};
use crate::error::{Code, Error};
use crate::options::Options;
use crate::token::Token;

/// How an exchange ended.
enum Outcome {
    Token(Token),
    Failed(Error, JsValue),
    Aborted,
}

/// Why there is no whole answer.
struct Broken {
    why: Option<Stop>,
    cause: JsValue,
}

/// Starts an exchange; the promise always resolves.
pub fn start(snapshot: &JsValue, in_browser: bool) -> Promise {
    let reason = get(snapshot, "signal");
    let request = read::request(snapshot, in_browser);
    future_to_promise(async move {
        let outcome = match request {
            Ok(request) => run(&request).await,
            Err(error) => Outcome::Failed(error, JsValue::UNDEFINED),
        };
        let record = Object::new();
        match outcome {
            Outcome::Token(token) => set(&record, "token", &platform::to_js(&token.to_json())),
            Outcome::Failed(error, cause) => {
                set(&record, "error", &platform::to_js(&error.to_json()));
                set(&record, "cause", &cause);
            }
            Outcome::Aborted => set(&record, "aborted", &get(&reason, "reason")),
        }
        Ok(record.into())
    })
}

async fn run(request: &Request) -> Outcome {
    let Request { options, fetch, signal } = request;
    if signal.as_ref().is_some_and(|signal| get(signal, "aborted").is_truthy()) {
        return Outcome::Aborted;
    }
    let watch = match Watch::start(options.timeout_ms, signal.clone()) {
        Ok(watch) => watch,
        Err(cause) => return internal("timers and AbortController", cause),
    };
    let init = init(options, &watch);
    let sent_at_ms = platform::steady_ms();
    let response = match fetch.call2(&JsValue::UNDEFINED, &options.token_url.as_str().into(), &init)
    {
        Ok(promise) => watch.wait(&Promise::resolve(&promise)).await,
        Err(thrown) => Err(thrown),
    };
    // The body, with the private key in it, is not needed any more.
    let _ = Reflect::delete_property(&init, &JsValue::from_str("body"));
    let response = match response {
        Ok(response) => response,
        Err(cause) => {
            return interrupted(&Broken { why: watch.why(), cause }, options);
        }
    };
    if read::class_of(&response).as_deref() != Some("Response") {
        let found = read::kind(&response);
        let message = format!("expected `fetch` to give a Response, found {found}");
        return Outcome::Failed(Error::new(Code::BadResponse, message), JsValue::UNDEFINED);
    }
    let response = Response::from(response.unchecked_into::<web_sys::Response>());
    let kind = response.type_();
    let redirected = kind == web_sys::ResponseType::Opaqueredirect || response.redirected();
    if kind == web_sys::ResponseType::Error {
        return interrupted(&Broken { why: None, cause: JsValue::UNDEFINED }, options);
    }
    let status = response.status();
    let headers = response.headers();
    let mut cause = JsValue::UNDEFINED;
    let body = if redirected || (300..400).contains(&status) {
        Body::Other("a redirect")
    } else {
        match read_body(&response, &watch).await {
            Ok(body) => body,
            Err(broken) if broken.why == Some(Stop::Caller) => return Outcome::Aborted,
            Err(broken) => {
                let interruption = interruption(&broken, options);
                cause = broken.cause;
                Body::Interrupted(interruption)
            }
        }
    };
    let received_at_ms = platform::wall_ms();
    let elapsed_ms = (platform::steady_ms() - sent_at_ms).max(0);
    let (retry_after, date) = (headers.get("Retry-After"), headers.get("Date"));
    let answer = Answer {
        status,
        redirected,
        retry_after: retry_after.as_deref(),
        date: date.as_deref(),
        body,
        received_at_ms,
        elapsed_ms,
    };
    match interpret(&answer, options, &platform::parse_json) {
        Ok(token) => Outcome::Token(token),
        Err(error) => Outcome::Failed(error, cause),
    }
}

fn init(options: &Options, watch: &Watch) -> Object {
    let init = Object::new();
    let authorization = options.authorization.as_ref().map(crate::secret::Secret::expose);
    set(&init, "method", &"POST".into());
    set(&init, "headers", &platform::headers(authorization));
    set(&init, "body", &options.body().as_str().into());
    set(&init, "redirect", &"manual".into());
    set(&init, "signal", &watch.signal());
    init
}

/// Reads at most [`MAX_BODY`] bytes of JSON.
async fn read_body(response: &Response, watch: &Watch) -> Result<Body, Broken> {
    let broken = |cause: JsValue| Broken { why: watch.why(), cause };
    let Some(stream) = response.body() else {
        return Ok(Body::Other("an empty body"));
    };
    let reader = stream.unchecked_into::<Stream>().get_reader().map_err(broken)?;
    let mut bytes = Vec::new();
    loop {
        let chunk = watch.wait(&reader.read().map_err(broken)?).await.map_err(broken)?;
        if get(&chunk, "done").is_truthy() {
            break;
        }
        let Some(chunk) = platform::bytes(&get(&chunk, "value")) else {
            return Ok(Body::Other("a stream of something else than bytes"));
        };
        if usize::try_from(chunk.length()).map_or(true, |more| bytes.len() + more > MAX_BODY) {
            return Ok(Body::Other("more than 1 MiB"));
        }
        bytes.append(&mut chunk.to_vec());
    }
    watch.finish();
    Ok(parse_body(bytes))
}

fn parse_body(bytes: Vec<u8>) -> Body {
    if bytes.is_empty() {
        return Body::Other("an empty body");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Body::Other("bytes that are not UTF-8");
    };
    // RFC 8259, section 8.1: a parser may ignore a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    platform::parse_json(text).map_or(Body::Other("text that is not JSON"), Body::Json)
}

fn interruption(broken: &Broken, options: &Options) -> Interruption {
    match broken.why {
        Some(Stop::Timeout) => Interruption::Timeout { after_ms: options.timeout_ms },
        Some(Stop::Caller) | None => Interruption::Network,
    }
}

fn interrupted(broken: &Broken, options: &Options) -> Outcome {
    match broken.why {
        Some(Stop::Caller) => Outcome::Aborted,
        Some(Stop::Timeout) | None => {
            Outcome::Failed(interruption(broken, options).to_error(), broken.cause.clone())
        }
    }
}

fn internal(expected: &str, cause: JsValue) -> Outcome {
    let message = format!("expected a platform with {expected}");
    Outcome::Failed(Error::new(Code::Internal, message), cause)
}
