//! One exchange whose every part is a parameter.

use pay4power_auth::clock_readings::ClockReadings;
use pay4power_auth::error::Error;
use pay4power_auth::json::Json;
use pay4power_auth::options::{Address, GivenOptions, Options};
use pay4power_auth::response::{self, Answer, FailedAnswer, RequestContext, interpret};
use pay4power_auth::secret::{Redaction, Secret};
use pay4power_auth::token;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub type Body = response::Body<Value>;
pub type Token = token::Token<Value>;

pub const PUBLIC_KEY: &str = "PUB_KEY_sandbox-tests";
pub const PRIVATE_KEY: &str = "PRIV_KEY_sandbox-tests-secret";

/// The `iat` of the contract's example, in epoch milliseconds. The default for the service's time.
pub const NOW_MS: i64 = 1_765_634_862_000;

/// JSON on this host.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Value(pub serde_json::Value);

impl Value {
    pub fn get(&self, name: &str) -> Option<&serde_json::Value> {
        self.0.get(name)
    }
}

impl Json for Value {
    fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn stringify(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn kind(&self) -> &'static str {
        match self.0 {
            serde_json::Value::Null => "null",
            serde_json::Value::Bool(_) => "a boolean",
            serde_json::Value::Number(_) => "a number",
            serde_json::Value::String(_) => "a string",
            serde_json::Value::Array(_) => "an array",
            serde_json::Value::Object(_) => "an object",
        }
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        self.0.is_object().then(|| T::deserialize(&self.0).ok()).flatten()
    }
}

pub fn json(text: &str) -> Value {
    Value::parse(text).expect("a test's own JSON")
}

/// One JSON value of each type, and the words for that type.
pub const KINDS: [(&str, &str); 6] = [
    ("null", "null"),
    ("true", "a boolean"),
    ("7.5", "a number"),
    (r#""text""#, "a string"),
    (r#"[1,[2],{"a":3}]"#, "an array"),
    (r#"{"a":[1],"b":{"c":null}}"#, "an object"),
];

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
        has_user_info: user.is_some(),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "as an option that is given")]
pub fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

pub fn given() -> GivenOptions {
    GivenOptions {
        public_key: text(PUBLIC_KEY),
        private_key: Some(secret(PRIVATE_KEY)),
        ..GivenOptions::default()
    }
}

pub fn options() -> Options {
    Options::check(&mut given(), parse_url, false).expect("good options")
}

/// Returns a JWT with these claims. Its signature is a dummy.
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

/// Returns an accepting envelope with this `data`.
pub fn accepted(data: &str) -> String {
    format!(r#"{{"success":true,"statusCode":200,"correlationId":"id-1","data":{data}}}"#)
}

/// Returns readings of both clocks, in milliseconds.
pub const fn readings(wall_ms: i64, monotonic_ms: i64) -> ClockReadings {
    ClockReadings { wall_ms, monotonic_ms }
}

/// An exchange that gets its answer 80 ms after the request, on a clock that agrees with the service's.
pub struct Exchange {
    pub status: u16,
    pub body: Body,
    pub date: Option<&'static str>,
    pub retry_after: Option<&'static str>,
    pub age: Option<&'static str>,
    pub sent: ClockReadings,
    pub received: ClockReadings,
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
            age: None,
            sent: readings(NOW_MS, 0),
            received: readings(NOW_MS + 80, 80),
            redirected: false,
            options: options(),
        }
    }

    pub fn answered(status: u16, body: &str) -> Self {
        Self::new(
            status,
            Value::parse(body).map_or(Body::Other("text that is not JSON"), Body::Json),
        )
    }

    pub fn data(data: &str) -> Self {
        Self::answered(200, &accepted(data))
    }

    pub fn result(&self) -> Result<Token, FailedAnswer<Value>> {
        let answer = Answer {
            status: self.status,
            redirected: self.redirected,
            retry_after: self.retry_after,
            date: self.date,
            body: self.body.clone(),
            age: self.age,
            sent: self.sent,
            received: self.received,
        };
        interpret(answer, self.context()).map_err(|failed| *failed)
    }

    pub fn context(&self) -> RequestContext<'_> {
        let Options { token_url, environment, .. } = &self.options;
        RequestContext {
            token_url,
            environment,
            redaction: Redaction::of_lines(self.options.secrets().expose()),
        }
    }

    pub fn token(&self) -> Token {
        self.result().expect("a token")
    }

    pub fn failed(&self) -> FailedAnswer<Value> {
        self.result().expect_err("an error")
    }

    pub fn error(&self) -> Error {
        self.failed().error
    }
}
