//! One exchange: sends the keys, reads the answer, and has the core say what it means.

use gloo_net::http::Response;
use js_sys::Object;
use wasm_bindgen::prelude::*;

use super::platform::{self, Stream, get, set};
use super::read::{self, Request};
use super::task::{self, Stop, Waiter};
use super::trap;
use crate::answer::{Answer, Body, Interruption, MAX_BODY, interpret};
use crate::error::{Code, Error};
use crate::options::Options;
use crate::text::concat;
use crate::token::Token;

/// Why there is no token, and what was thrown, if anything.
type Failed = (Box<Error>, JsValue);

/// Starts an exchange: what it ends in, or what it [waits](task::start) for.
pub fn start(snapshot: &JsValue, in_browser: bool) -> JsValue {
    trap::at("exchange");
    let request = read::request(snapshot, in_browser);
    let timeout_ms = request.as_ref().map_or(0, |request| request.options.timeout_ms);
    task::start(timeout_ms, |waiter| async move {
        let mut whole = false;
        let outcome = match request {
            Ok(request) => run(&request, &waiter, &mut whole).await,
            Err(error) => Err((error, JsValue::UNDEFINED)),
        };
        let record = Object::new();
        match outcome {
            Ok(token) => set(&record, "token", &platform::to_js(&token.to_json())),
            Err((error, cause)) => {
                set(&record, "error", &platform::to_js(&error.to_json()));
                set(&record, "cause", &cause);
            }
        }
        set(&record, "whole", &whole.into());
        record.into()
    })
}

async fn run(request: &Request, waiter: &Waiter, whole: &mut bool) -> Result<Token, Failed> {
    let Request { options, fetch, signal } = request;
    let init = init(options, signal);
    let sent_at_ms = platform::steady_ms();
    let response = match fetch.call2(&JsValue::UNDEFINED, &options.token_url.as_str().into(), &init)
    {
        Ok(promise) => waiter.wait(promise).await,
        Err(thrown) => Err(Stop::Failed(thrown)),
    };
    trap::at("answer");
    // The body, with the private key in it, is not needed any more.
    set(&init, "body", &JsValue::UNDEFINED);
    let response = response.map_err(|stop| {
        let (interruption, cause) = interrupted(stop, options);
        (Box::new(interruption.to_error()), cause)
    })?;
    if !read::is_a(&response, "Response") {
        let message =
            concat(&["expected `fetch` to give a Response, found ", &read::kind(&response)]);
        return Err((Error::boxed(Code::BadResponse, message), JsValue::UNDEFINED));
    }
    let kind = get(&response, "type").as_string().unwrap_or_default();
    let redirected = kind == "opaqueredirect" || get(&response, "redirected").is_truthy();
    if kind == "error" {
        return Err((Box::new(Interruption::Network.to_error()), JsValue::UNDEFINED));
    }
    let response = Response::from(response.unchecked_into::<web_sys::Response>());
    let status = response.status();
    let headers = response.headers();
    let mut cause = JsValue::UNDEFINED;
    let body = if redirected || (300..400).contains(&status) {
        Body::Other("a redirect")
    } else {
        read_body(&response, waiter, whole).await.unwrap_or_else(|stop| {
            let (interruption, thrown) = interrupted(stop, options);
            cause = thrown;
            Body::Interrupted(interruption)
        })
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
    interpret(&answer, options, &platform::parse_json).map_err(|error| (error, cause))
}

fn init(options: &Options, signal: &JsValue) -> Object {
    let init = Object::new();
    let authorization = options.authorization.as_ref().map(crate::secret::Secret::expose);
    set(&init, "method", &"POST".into());
    set(&init, "headers", &platform::headers(authorization));
    set(&init, "body", &options.body().as_str().into());
    set(&init, "redirect", &"manual".into());
    set(&init, "signal", signal);
    init
}

/// Reads at most [`MAX_BODY`] bytes of JSON. `whole` is told when there are no more.
async fn read_body(response: &Response, waiter: &Waiter, whole: &mut bool) -> Result<Body, Stop> {
    let Some(stream) = response.body() else {
        return Ok(Body::Other("an empty body"));
    };
    let reader = stream.unchecked_into::<Stream>().get_reader().map_err(Stop::Failed)?;
    let mut bytes = Vec::new();
    loop {
        let chunk = waiter.wait(reader.read().map_err(Stop::Failed)?).await?;
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
    *whole = true;
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

/// What there is instead of a whole answer, and what was thrown.
fn interrupted(stop: Stop, options: &Options) -> (Interruption, JsValue) {
    match stop {
        Stop::Failed(thrown) => (Interruption::Network, thrown),
        Stop::Timeout => {
            (Interruption::Timeout { after_ms: options.timeout_ms }, JsValue::UNDEFINED)
        }
    }
}
