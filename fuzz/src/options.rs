//! Options of any value: each is refused by its name, or within its bounds.

use arbitrary::{Result, Unstructured};
use pay4power_auth::error::{Code, Error};
use pay4power_auth::options::{ClientOptions, GivenOptions, MAX_TEXT, Options};
use pay4power_auth::secret::Secret;

use crate::bytes::{pick, text};
use crate::host::parse_address;

pub fn run(bytes: &[u8]) {
    let _ = check(Unstructured::new(bytes));
}

fn check(mut bytes: Unstructured<'_>) -> Result<()> {
    let mut given = draw(&mut bytes)?;
    let in_browser = bytes.arbitrary()?;
    let before = given.clone();
    let secrets: Vec<String> = [&before.private_key, &before.authorization]
        .into_iter()
        .flatten()
        .map(|secret| secret.expose().to_owned())
        .filter(|secret| secret.len() >= 8 && secret.contains('~')) // no word of a message
        .collect();
    let options = match Options::check(&mut given, parse_address, in_browser) {
        Ok(options) => options,
        Err(error) => {
            assert_harmless(&error, &secrets);
            return Ok(());
        }
    };
    for text in [&options.public_key, options.private_key.expose(), &options.environment] {
        assert!((1..=MAX_TEXT).contains(&text.len()) && text.trim() == text, "{text:?}");
        assert!(!text.contains(['\n', '\r', '\u{2028}', '\u{2029}', '\0']), "{text:?}");
    }
    if let Some(authorization) = &options.authorization {
        let is_header = authorization.expose().bytes().all(|b| (b' '..=b'~').contains(&b));
        assert!(is_header && authorization.expose().trim() == authorization.expose());
    }
    for (number, given, default, range) in [
        (options.timeout_ms, before.timeout_ms, 10_000, 1..=120_000),
        (options.retries, before.retries, 2, 0..=10),
        (options.deadline_ms, before.deadline_ms, 30_000, 1..=600_000),
    ] {
        assert!(
            range.contains(&number) && f64::from(number) == given.unwrap_or(f64::from(default))
        );
    }
    assert!(!in_browser || before.dangerously_allow_browser == Some(true));
    let body = serde_json::to_value(options.request_body()).expect("a body of three texts");
    let expected = serde_json::json!({
        "publicKey": before.public_key,
        "privateKey": before.private_key.as_ref().map(Secret::expose),
        "environment": before.environment.as_deref().unwrap_or("TEST"),
    });
    assert_eq!(body, expected);

    match ClientOptions::check(&before, options.is_documented, parse_address) {
        Ok(client) => {
            assert!((0.0..=0.9).contains(&client.refresh_ahead));
            let ms = before.request_timeout_ms.unwrap_or(1.0);
            assert!(ms.fract() == 0.0 && (1.0..=600_000.0).contains(&ms));
            assert!(client.base_url.is_some() || before.token_url.is_some());
        }
        Err(error) => assert_harmless(&error, &secrets),
    }
    Ok(())
}

fn assert_harmless(error: &Error, secrets: &[String]) {
    let codes = [Code::InvalidOptions, Code::InsecureUrl, Code::BrowserRefused];
    assert!(codes.contains(&error.code) && !error.retryable, "{error:?}");
    for secret in secrets {
        assert!(!error.message.contains(secret), "{error:?}");
    }
}

fn draw(bytes: &mut Unstructured<'_>) -> Result<GivenOptions> {
    Ok(GivenOptions {
        public_key: line(bytes, "PUB_KEY_sandbox")?,
        private_key: line(bytes, "PRIV_KEY_sandbox~")?.map(Secret::new),
        environment: line(bytes, "TEST")?,
        token_url: line(bytes, "https://service.example/")?,
        timeout_ms: number(bytes)?,
        retries: number(bytes)?,
        deadline_ms: number(bytes)?,
        authorization: line(bytes, "Bearer ~")?.map(Secret::new),
        former_secrets: None,
        dangerously_allow_browser: bytes.arbitrary()?,
        base_url: line(bytes, "http://localhost/")?,
        refresh_ahead: number(bytes)?,
        request_timeout_ms: number(bytes)?,
    })
}

fn line(bytes: &mut Unstructured<'_>, start: &str) -> Result<Option<String>> {
    Ok(match bytes.int_in_range(0..=4)? {
        0 => None,
        1 => Some(start.to_owned()),
        2 => Some(start.to_owned() + &text(bytes, 12)?),
        3 => Some(start.repeat(bytes.int_in_range(0..=600)?)),
        _ => Some(text(bytes, 40)?),
    })
}

fn number(bytes: &mut Unstructured<'_>) -> Result<Option<f64>> {
    Ok(match bytes.int_in_range(0..=3)? {
        0 => None,
        1 => Some(f64::from(bytes.int_in_range(-1..=601_000)?)),
        2 => Some(pick(bytes, &[0.0, 0.5, 0.9, 0.91, 1.0, 1.5, f64::NAN, f64::INFINITY, -0.0])?),
        _ => Some(bytes.arbitrary()?),
    })
}
