use pay4power_auth::error::Code;
use pay4power_auth::json::Json;
use pay4power_auth::options::{
    DEADLINE_MS, DEFAULT_TOKEN_URL, Given, GivenOptions, Options, RETRIES, TIMEOUT_MS,
};

use crate::support::{PRIVATE_KEY, PUBLIC_KEY, given, json, parse, parse_url, text};

fn check(given: GivenOptions) -> pay4power_auth::error::Result<Options> {
    Options::check(given, &parse_url, false)
}

#[track_caller]
fn refused(given: GivenOptions, code: Code, parts: &[&str]) {
    let error = check(given).expect_err("bad options");
    assert_eq!(error.code, code, "{error}");
    assert!(!error.retryable);
    for part in parts {
        assert!(error.message.contains(part), "{part:?} is not in {:?}", error.message);
    }
    assert!(!error.message.contains("PRIV_KEY_sandbox"), "{error}");
}

#[test]
fn keys_alone_are_enough() {
    let options = check(given()).expect("good options");
    assert_eq!(options.environment, "TEST");
    assert_eq!(options.token_url, DEFAULT_TOKEN_URL);
    assert_eq!((options.timeout_ms, options.retries, options.deadline_ms), (10_000, 2, 30_000));
    assert!(options.authorization.is_none());
}

#[test]
fn the_default_address_is_the_references_server_and_path() {
    let server = "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b";
    assert_eq!(DEFAULT_TOKEN_URL, format!("{server}/test/v2.1/b2b/auth/token"));
}

#[test]
fn the_body_is_the_contracts_byte_for_byte() {
    let example = include_str!("../contract/request.json");
    let example: String =
        example.lines().map(|line| line.trim().replacen("\": ", "\":", 1)).collect();
    let parsed = json(&example);
    let member = |name: &str| text(parsed.get(name).and_then(Json::as_text).expect("a member"));
    let given = GivenOptions {
        public_key: member("publicKey"),
        private_key: member("privateKey"),
        environment: member("environment"),
        ..GivenOptions::default()
    };
    assert_eq!(*check(given).expect("good options").body(), example);
}

#[test]
fn the_body_stays_json_whatever_the_keys_hold() {
    let odd = "a\"b\\c\u{1}\u{1f}é\u{1f600}</script>";
    let given = GivenOptions { public_key: text(odd), ..given() };
    let body = check(given).expect("good options").body();
    assert_eq!(parse(&body).expect("JSON").get("publicKey"), Some(&Json::text(odd)));
}

#[test]
fn bad_keys_are_refused_by_name_and_never_shown() {
    let cases: [(Given, &str); 9] = [
        (Given::Absent, "nothing"),
        (Given::Other("null".to_owned()), "null"),
        (Given::Number(12_345_678.0), "a number"),
        (Given::Bool(true), "a boolean"),
        (Given::Other("an object".to_owned()), "an object"),
        (text(""), "an empty string"),
        (text(" \t\n"), "a blank string"),
        (text("PRIV_KEY_sandbox\n"), "white space"),
        (text(&"PRIV_KEY_sandbox".repeat(400)), "4096"),
    ];
    for (value, found) in cases {
        let public = GivenOptions { public_key: value.clone(), ..given() };
        refused(public, Code::InvalidOptions, &["`publicKey`", found]);
        let private = GivenOptions { private_key: value, ..given() };
        refused(private, Code::InvalidOptions, &["`privateKey`", found]);
    }
}

#[test]
fn keys_that_were_mixed_up_are_refused() {
    let both = |public: &str, private: &str| GivenOptions {
        public_key: text(public),
        private_key: text(private),
        ..GivenOptions::default()
    };
    refused(both(PRIVATE_KEY, PRIVATE_KEY), Code::InvalidOptions, &["`publicKey`", "private"]);
    refused(both(PRIVATE_KEY, PUBLIC_KEY), Code::InvalidOptions, &["`publicKey`", "private"]);
    refused(both("some-key", PUBLIC_KEY), Code::InvalidOptions, &["`privateKey`", "public"]);
    refused(both("some-key", "some-key"), Code::InvalidOptions, &["`publicKey`", "the same"]);
    check(both("other-shape", "of-key")).expect("shapes are the service's to choose");
}

#[test]
fn another_environment_needs_an_address() {
    for environment in ["LIVE", "test", "PRODUCTION"] {
        let given = GivenOptions { environment: text(environment), ..given() };
        refused(given, Code::InvalidOptions, &["`tokenUrl`", "`environment`"]);
    }
    let given = GivenOptions {
        environment: text("LIVE"),
        token_url: text("https://live.example/auth/token"),
        ..given()
    };
    assert_eq!(check(given).expect("good options").environment, "LIVE");
}

#[test]
fn only_addresses_that_keep_the_keys_are_accepted() {
    let at = |address: &str| GivenOptions { token_url: text(address), ..given() };
    for address in [
        "https://example.com/token",
        "https://10.0.0.1:8443/token?tenant=1",
        "http://localhost:4010/token",
        "http://api.localhost/token",
        "http://127.0.0.1/token",
        "http://127.8.9.1:80/token",
        "http://[::1]:4010/token",
    ] {
        assert_eq!(check(at(address)).expect(address).token_url, address);
    }
    for address in [
        "http://example.com/token",
        "http://localhost.example.com/token",
        "http://127.0.0.1.example.com/token",
        "http://128.0.0.1/token",
        "http://[::2]/token",
        "ftp://127.0.0.1/token",
        "https://user@example.com/token",
        "https://user:secret-password@example.com/token",
        "http://user@127.0.0.1/token",
    ] {
        refused(at(address), Code::InsecureUrl, &["`tokenUrl`"]);
        assert!(!check(at(address)).expect_err(address).message.contains("secret-password"));
    }
    refused(at("/auth/token"), Code::InvalidOptions, &["`tokenUrl`", "absolute"]);
    let number = GivenOptions { token_url: Given::Number(1.0), ..given() };
    refused(number, Code::InvalidOptions, &["`tokenUrl`", "a number"]);
}

#[test]
fn numbers_are_whole_and_within_bounds() {
    type Set = fn(&mut GivenOptions, Given);
    let options: [(&str, Set, _); 3] = [
        ("`timeoutMs`", |given, value| given.timeout_ms = value, TIMEOUT_MS),
        ("`retries`", |given, value| given.retries = value, RETRIES),
        ("`deadlineMs`", |given, value| given.deadline_ms = value, DEADLINE_MS),
    ];
    for (name, set, bounds) in options {
        let with = |value: Given| {
            let mut given = given();
            set(&mut given, value);
            given
        };
        let (min, max) = (f64::from(bounds.min), f64::from(bounds.max));
        for good in [min, max, f64::from(bounds.default)] {
            check(with(Given::Number(good))).expect(name);
        }
        for bad in [min - 1.0, max + 1.0, min + 0.5, f64::NAN, f64::INFINITY, 1e300, -1.0] {
            refused(with(Given::Number(bad)), Code::InvalidOptions, &[name, "whole number"]);
        }
        for bad in [text("10"), Given::Bool(true), Given::Other("null".to_owned())] {
            refused(with(bad), Code::InvalidOptions, &[name, "whole number"]);
        }
    }
}

#[test]
fn an_authorization_must_fit_in_a_header() {
    let with = |value: Given| GivenOptions { authorization: value, ..given() };
    let options = check(with(text("Bearer gateway-token"))).expect("good options");
    assert_eq!(
        options.authorization.map(|a| a.expose().to_owned()).as_deref(),
        Some("Bearer gateway-token")
    );
    for bad in ["Bearer a\r\nX-Evil: 1", "Bearer é", "Bearer \u{7f}", ""] {
        refused(with(text(bad)), Code::InvalidOptions, &["`authorization`"]);
    }
    refused(with(Given::Bool(false)), Code::InvalidOptions, &["`authorization`", "a boolean"]);
}

#[test]
fn a_browser_is_refused_unless_the_page_is_trusted() {
    let with = |allow: Given| GivenOptions { dangerously_allow_browser: allow, ..given() };
    for allow in [Given::Absent, Given::Bool(false)] {
        let error = Options::check(with(allow), &parse_url, true).expect_err("a browser");
        assert_eq!(error.code, Code::BrowserRefused);
        assert!(error.message.contains("dangerouslyAllowBrowser"));
    }
    Options::check(with(Given::Bool(true)), &parse_url, true).expect("a trusted page");
    refused(with(text("yes")), Code::InvalidOptions, &["`dangerouslyAllowBrowser`", "a boolean"]);
}

#[test]
fn options_print_without_their_secrets() {
    let given = GivenOptions { authorization: text("Bearer gateway-token"), ..given() };
    let printed = format!("{:?}", check(given).expect("good options"));
    assert!(!printed.contains(PRIVATE_KEY) && !printed.contains("gateway-token"), "{printed}");
}
