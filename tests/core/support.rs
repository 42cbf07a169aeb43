//! One exchange, with everything about it a parameter.

use pay4power_auth::answer::{Answer, Body, interpret};
use pay4power_auth::error::Error;
use pay4power_auth::json::Json;
use pay4power_auth::options::{Address, Given, GivenOptions, Options};
use pay4power_auth::token::Token;
use serde_json::Value;

pub const PUBLIC_KEY: &str = "PUB_KEY_sandbox-tests";
pub const PRIVATE_KEY: &str = "PRIV_KEY_sandbox-tests-secret";

/// The example's `iat`, in milliseconds: the service's now unless a test says otherwise.
pub const NOW_MS: i64 = 1_765_634_862_000;

pub fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok().map(from_serde)
}

fn from_serde(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Number(number) => Json::Number(number.as_f64().expect("a float")),
        Value::String(text) => Json::Text(text),
        Value::Array(items) => Json::Array(items.into_iter().map(from_serde).collect()),
        Value::Object(members) => Json::Object(
            members.into_iter().map(|(name, value)| (name, from_serde(value))).collect(),
        ),
    }
}

pub fn json(text: &str) -> Json {
    parse(text).expect("a test's own JSON")
}

pub fn parse_url(text: &str) -> Option<Address> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    Some(Address {
        href: text.to_owned(),
        scheme: scheme.to_owned(),
        host: host.to_owned(),
        origin: format!("{scheme}://{authority}"),
        path: format!("/{}", rest.split_once('/').map_or("", |(_, path)| path)),
        has_user_info: user.is_some(),
    })
}

pub fn text(text: &str) -> Given {
    Given::Text(text.to_owned())
}

pub fn given() -> GivenOptions {
    GivenOptions {
        public_key: text(PUBLIC_KEY),
        private_key: text(PRIVATE_KEY),
        ..GivenOptions::default()
    }
}

pub fn options() -> Options {
    Options::check(given(), &parse_url, false).expect("good options")
}

/// A JWT with these claims; what stands for its signature is never looked at.
pub fn jwt(claims: &str) -> String {
    format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", base64url(claims.as_bytes()))
}

pub fn base64url(bytes: &[u8]) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes(group);
        for index in 0..=chunk.len() {
            out.push(SYMBOLS[(number >> (18 - 6 * index) & 63) as usize] as char);
        }
    }
    out
}

/// An envelope that accepts, with this `data`.
pub fn accepted(data: &str) -> String {
    format!(r#"{{"success":true,"statusCode":200,"correlationId":"id-1","data":{data}}}"#)
}

/// An exchange that was answered 80 ms after it was sent, on a clock that agrees with the service's.
pub struct Exchange {
    pub status: u16,
    pub body: Body,
    pub date: Option<&'static str>,
    pub retry_after: Option<&'static str>,
    pub received_at_ms: i64,
    pub elapsed_ms: i64,
    pub redirected: bool,
    pub options: Options,
}

impl Exchange {
    pub fn new(status: u16, body: Body) -> Self {
        Self {
            status,
            body,
            date: None,
            retry_after: None,
            received_at_ms: NOW_MS + 80,
            elapsed_ms: 80,
            redirected: false,
            options: options(),
        }
    }

    pub fn answered(status: u16, body: &str) -> Self {
        Self::new(status, parse(body).map_or(Body::Other("text that is not JSON"), Body::Json))
    }

    pub fn data(data: &str) -> Self {
        Self::answered(200, &accepted(data))
    }

    pub fn result(&self) -> Result<Token, Error> {
        let answer = Answer {
            status: self.status,
            redirected: self.redirected,
            retry_after: self.retry_after,
            date: self.date,
            body: match &self.body {
                Body::Json(json) => Body::Json(json.clone()),
                Body::Other(found) => Body::Other(found),
                Body::Interrupted(interruption) => Body::Interrupted(*interruption),
            },
            received_at_ms: self.received_at_ms,
            elapsed_ms: self.elapsed_ms,
        };
        interpret(&answer, &self.options, &parse).map_err(|error| *error)
    }

    pub fn token(&self) -> Token {
        self.result().expect("a token")
    }

    pub fn error(&self) -> Error {
        self.result().expect_err("an error")
    }
}
