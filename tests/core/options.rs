use pay4power_auth::error::{Code, Error};
use pay4power_auth::json::Json;
use pay4power_auth::options::{
    ClientOptions, ClientPolicy, DEADLINE_MS, DEFAULT_BASE_URL, DEFAULT_TOKEN_URL, GivenOptions,
    MAX_REFRESH_AHEAD, MAX_TEXT, OPTION_TYPES, OptionType, Options, REQUEST_TIMEOUT_MS, RETRIES,
    TIMEOUT_MS, check_type, expected,
};
use pay4power_auth::secret::{Redaction, Secret};
use serde_json::json;

use crate::support::{PRIVATE_KEY, PUBLIC_KEY, given, json, parse_url, secret, text};

fn check(mut given: GivenOptions) -> pay4power_auth::error::Result<Options> {
    Options::check(&mut given, parse_url, false)
}

fn check_client(given: &GivenOptions) -> pay4power_auth::error::Result<ClientOptions> {
    ClientOptions::check(given, false, parse_url)
}

fn body(given: GivenOptions) -> String {
    serde_json::to_string(&check(given).expect("good options").request_body()).expect("JSON")
}

#[track_caller]
fn assert_refused(given: GivenOptions, code: Code, parts: &[&str]) {
    assert_error(&check(given).expect_err("bad options"), code, parts);
}

/// Asserts that values of the type `kind` are refused for the option `name`.
#[track_caller]
fn assert_type_refused(name: &str, kind: &str, parts: &[&str]) {
    let error = check_type(name.trim_matches('`'), kind).expect_err("a wrong type");
    assert_error(&error, Code::InvalidOptions, &[&[name, kind], parts].concat());
}

#[track_caller]
fn assert_error(error: &Error, code: Code, parts: &[&str]) {
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
    let keys: GivenOptions = json(&example).read().expect("keys");
    assert_eq!(body(keys), example);
}

#[test]
fn the_body_stays_json_whatever_the_keys_hold() {
    let odd = "a\"b\\cé\u{1f600}</script>";
    let body = body(GivenOptions { public_key: text(odd), ..given() });
    assert_eq!(json(&body).get("publicKey"), Some(&json!(odd)));
}

#[test]
fn bad_keys_are_refused_by_name_and_never_shown() {
    for name in ["`publicKey`", "`privateKey`"] {
        for kind in ["null", "a number", "a boolean", "an object", "an array", "a function"] {
            assert_type_refused(name, kind, &["a string"]);
        }
    }
    let longest = "PRIV_KEY_sandbox".repeat(256);
    assert_eq!(longest.len(), MAX_TEXT);
    check(GivenOptions { private_key: Some(secret(&longest)), ..given() }).expect("good options");
    let long = format!("{longest}x");
    let cases: [(Option<&str>, &str); 5] = [
        (None, "nothing"),
        (Some(""), "an empty string"),
        (Some(" \t\n"), "a blank string"),
        (Some("PRIV_KEY_sandbox\n"), "white space"),
        (Some(&long), "4096"),
    ];
    for (value, found) in cases {
        let public = GivenOptions { public_key: value.and_then(text), ..given() };
        assert_refused(public, Code::InvalidOptions, &["`publicKey`", found]);
        let private = GivenOptions { private_key: value.map(secret), ..given() };
        assert_refused(private, Code::InvalidOptions, &["`privateKey`", found]);
    }
}

/// Text that a copy from a file or a terminal can add, and the words for it.
const MISCOPIED: [(&str, &str, &str); 11] = [
    ("", "\n", "white space at its start or end"),
    ("", "\r\n", "white space at its start or end"),
    ("", " ", "white space at its start or end"),
    ("\t", "", "white space at its start or end"),
    ("\u{a0}", "", "white space at its start or end"),
    ("\u{feff}", "", "white space at its start or end"),
    ("a\n", "", "a line break or a control character in it"),
    ("a\r", "", "a line break or a control character in it"),
    ("a\u{85}", "", "a line break or a control character in it"),
    ("a\u{2028}", "", "a line break or a control character in it"),
    ("a\0", "", "a line break or a control character in it"),
];

#[test]
fn white_space_around_a_text_and_line_breaks_in_it_are_called_by_their_name() {
    type Set = fn(&mut GivenOptions, String);
    let options: [(&str, &str, Set); 5] = [
        ("publicKey", "PUB_KEY_a", |given, value| given.public_key = Some(value)),
        ("privateKey", PRIVATE_KEY, |given, value| given.private_key = Some(Secret::new(value))),
        ("authorization", "Bearer a", |given, value| {
            given.authorization = Some(Secret::new(value));
        }),
        ("environment", "TEST", |given, value| given.environment = Some(value)),
        ("tokenUrl", "https://a.example/", |given, value| given.token_url = Some(value)),
    ];
    for (name, good, set) in options {
        for (before, after, found) in MISCOPIED {
            let mut given = given();
            set(&mut given, format!("{before}{good}{after}"));
            let expected = format!("without white space at its start or end, found {found}");
            assert_refused(
                given,
                Code::InvalidOptions,
                &[&format!("`{name}` must be "), &expected],
            );
        }
    }
    for (before, after, found) in MISCOPIED {
        let base_url = Some(format!("{before}https://a.example/api{after}"));
        let error = check_client(&GivenOptions { base_url, ..given() }).expect_err("bad options");
        assert_error(&error, Code::InvalidOptions, &["`baseUrl`", found]);
    }
}

#[test]
fn keys_that_were_mixed_up_are_refused() {
    let both = |public: &str, private: &str| GivenOptions {
        public_key: text(public),
        private_key: Some(secret(private)),
        ..GivenOptions::default()
    };
    assert_refused(
        both(PRIVATE_KEY, PRIVATE_KEY),
        Code::InvalidOptions,
        &["`publicKey`", "private"],
    );
    assert_refused(
        both(PRIVATE_KEY, PUBLIC_KEY),
        Code::InvalidOptions,
        &["`publicKey`", "private"],
    );
    assert_refused(both("some-key", PUBLIC_KEY), Code::InvalidOptions, &["`privateKey`", "public"]);
    assert_refused(
        both("some-key", "some-key"),
        Code::InvalidOptions,
        &["`publicKey`", "the same"],
    );
    check(both("other-shape", "of-key")).expect("shapes are the service's to choose");
}

#[test]
fn another_environment_needs_an_address() {
    for environment in ["LIVE", "test", "PRODUCTION"] {
        let given = GivenOptions { environment: text(environment), ..given() };
        assert_refused(given, Code::InvalidOptions, &["`tokenUrl`", "`environment`"]);
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
    for (address, found) in [
        ("http://example.com/token", "http to another host"),
        ("http://localhost.example.com/token", "http to another host"),
        ("http://127.0.0.1.example.com/token", "http to another host"),
        ("http://128.0.0.1/token", "http to another host"),
        ("http://[::2]/token", "http to another host"),
        ("ftp://127.0.0.1/token", "another scheme"),
        ("https://user@example.com/token", "a user name or password in it"),
        ("https://user:secret-password@example.com/token", "a user name or password in it"),
        ("http://user@127.0.0.1/token", "a user name or password in it"),
    ] {
        let found = format!("found {found}");
        assert_refused(at(address), Code::InsecureUrl, &["`tokenUrl`", &found]);
        assert!(!check(at(address)).expect_err(address).message.contains("secret-password"));
    }
    assert_refused(at("/auth/token"), Code::InvalidOptions, &["`tokenUrl`", "absolute"]);
    for kind in ["a number", "null", "an object"] {
        assert_type_refused("`tokenUrl`", kind, &["a string or a URL"]);
    }
}

#[test]
fn numbers_are_whole_and_within_bounds() {
    type Set = fn(&mut GivenOptions, f64);
    let options: [(&str, Set, _); 3] = [
        ("`timeoutMs`", |given, value| given.timeout_ms = Some(value), TIMEOUT_MS),
        ("`retries`", |given, value| given.retries = Some(value), RETRIES),
        ("`deadlineMs`", |given, value| given.deadline_ms = Some(value), DEADLINE_MS),
    ];
    for (name, set, bounds) in options {
        let with = |value: f64| {
            let mut given = given();
            set(&mut given, value);
            given
        };
        let (min, max) = (f64::from(bounds.min), f64::from(bounds.max));
        for good in [min, max, f64::from(bounds.default)] {
            check(with(good)).expect(name);
        }
        for (bad, found) in [
            (min - 1.0, format!("found {}", min - 1.0)),
            (max + 1.0, format!("found {}", max + 1.0)),
            (-1.0, "found -1".to_owned()),
            (min + 0.5, "found a fraction".to_owned()),
            (f64::NAN, "found NaN".to_owned()),
            (f64::INFINITY, "found a number beyond it".to_owned()),
            (1e300, "found a number beyond it".to_owned()),
        ] {
            assert_refused(with(bad), Code::InvalidOptions, &[name, "whole number", &found]);
        }
        for bad in ["a string", "a boolean", "null"] {
            assert_type_refused(name, bad, &["whole number"]);
        }
    }
}

#[test]
fn an_authorization_must_fit_in_a_header() {
    let with = |value: &str| GivenOptions { authorization: Some(secret(value)), ..given() };
    let options = check(with("Bearer gateway-token")).expect("good options");
    assert_eq!(
        options.authorization.map(|a| a.expose().to_owned()).as_deref(),
        Some("Bearer gateway-token")
    );
    for bad in ["Bearer a\r\nX-Evil: 1", "Bearer é", "Bearer \u{7f}", ""] {
        assert_refused(with(bad), Code::InvalidOptions, &["`authorization`", "printable ASCII"]);
    }
    assert_type_refused("`authorization`", "a boolean", &["a string"]);
}

#[test]
fn a_browser_is_refused_unless_the_page_is_trusted() {
    let with = |allow| GivenOptions { dangerously_allow_browser: allow, ..given() };
    for allow in [None, Some(false)] {
        let error = Options::check(&mut with(allow), parse_url, true).expect_err("a browser");
        assert_eq!(error.code, Code::BrowserRefused);
        assert!(error.message.contains("dangerouslyAllowBrowser"));
    }
    Options::check(&mut with(Some(true)), parse_url, true).expect("a trusted page");
    assert_type_refused("`dangerouslyAllowBrowser`", "a string", &["a boolean"]);
}

#[test]
fn options_print_without_their_secrets() {
    let given = GivenOptions { authorization: Some(secret("Bearer gateway-token")), ..given() };
    let printed = format!("{given:?} {:?}", check(given.clone()).expect("good options"));
    assert!(!printed.contains(PRIVATE_KEY) && !printed.contains("gateway-token"), "{printed}");
}

#[test]
fn secrets_are_moved_out_of_the_given_options() {
    let mut given = GivenOptions { authorization: Some(secret("Bearer gateway-token")), ..given() };
    Options::check(&mut given, parse_url, false).expect("good options");
    assert!(given.private_key.is_none() && given.authorization.is_none());
}

#[test]
fn all_secrets_are_redacted_also_those_of_before() {
    let (former, token) = ("PRIV_KEY_sandbox_of_last_week", "token-of-last-week");
    let mut given = GivenOptions {
        authorization: Some(secret("Bearer gateway-token")),
        former_secrets: Some(secret(&format!("{former}\n{token}"))),
        ..given()
    };
    let options = Options::check(&mut given, parse_url, false).expect("good options");
    assert!(given.former_secrets.is_none());
    let redaction = Redaction::of_lines(options.secrets().expose());
    let echo = format!("not {former}, but {PRIVATE_KEY} for {token}");
    let redacted = "not [redacted], but [redacted] for [redacted]";
    assert_eq!(redaction.text(echo), redacted);
    let echo = "Bearer gateway-token, gateway-token, Bearer".to_owned();
    assert_eq!(redaction.text(echo), "[redacted], [redacted], Bearer");
}

#[test]
fn every_option_has_one_type_and_words_for_it() {
    for (name, of) in OPTION_TYPES {
        let (kind, word) = match of {
            OptionType::Text => ("a string", "a string"),
            OptionType::Number => ("a number", "number"),
            OptionType::Boolean => ("a boolean", "a boolean"),
        };
        for kind in ["nothing", kind] {
            check_type(name, kind).expect(name);
        }
        let words = expected(name);
        assert!(words.contains(word), "{name}: {words}");
        assert_type_refused(&format!("`{name}`"), "null", &[&words]);
    }
    assert_eq!(expected("timeoutMs"), "a whole number from 1 to 120000");
    assert_type_refused("`another`", "a string", &["left out"]);
}

#[test]
fn given_options_are_read_by_their_public_names() {
    let all = json!({
        "publicKey": PUBLIC_KEY,
        "privateKey": PRIVATE_KEY,
        "environment": "LIVE",
        "tokenUrl": "https://live.example/auth/token",
        "timeoutMs": 1,
        "retries": 0,
        "deadlineMs": 2.0,
        "authorization": "Bearer gateway-token",
        "formerSecrets": "PRIV_KEY_sandbox_of_last_week",
        "dangerouslyAllowBrowser": true,
        "baseUrl": "https://live.example/api",
        "refreshAhead": 0.5,
        "requestTimeoutMs": 3,
    });
    let names: Vec<_> = OPTION_TYPES.iter().map(|(name, _)| *name).collect();
    assert!(names.len() == 13 && names.iter().all(|name| all.get(name).is_some()));

    let mut given: GivenOptions = serde_json::from_value(all).expect("options");
    let options = Options::check(&mut given, parse_url, true).expect("good options");
    let client = ClientOptions::check(&given, options.is_documented, parse_url).expect("good");
    assert_eq!(options.private_key.expose(), PRIVATE_KEY);
    assert_eq!(options.authorization.as_ref().map(Secret::expose), Some("Bearer gateway-token"));
    assert_eq!(
        serde_json::to_value(ClientPolicy::new(&options, &client, true)).expect("JSON"),
        json!({
            "timeoutMs": 1,
            "retries": 0,
            "deadlineMs": 2,
            "refreshAhead": 0.5,
            "hasStore": true,
            "baseUrl": "https://live.example/api",
            "tokenUrl": "https://live.example/auth/token",
            "environment": "LIVE",
        })
    );
}

#[test]
fn the_documented_base_is_for_the_documented_exchange_only() {
    let base_url = |token_url: Option<String>| {
        let mut given = GivenOptions { token_url, ..given() };
        let options = check(given.clone()).expect("good options");
        let client = ClientOptions::check(&given, options.is_documented, parse_url).expect("good");
        given.base_url = text("http://localhost:4010/api");
        let with_own_base = check_client(&given).expect("good");
        assert_eq!(with_own_base.base_url.as_deref(), Some("http://localhost:4010/api"));
        client.base_url
    };
    assert_eq!(base_url(None).as_deref(), Some(DEFAULT_BASE_URL));
    assert_eq!(base_url(text("https://tokens.example/auth/token")), None);
    assert_eq!(base_url(text(DEFAULT_TOKEN_URL)), None);

    for (address, code) in [
        ("/api", Code::InvalidOptions),
        ("http://example.com/api", Code::InsecureUrl),
        ("https://user@example.com/api", Code::InsecureUrl),
    ] {
        let given = GivenOptions { base_url: text(address), ..given() };
        assert_error(&check_client(&given).expect_err(address), code, &["`baseUrl`"]);
    }
    assert_type_refused("`baseUrl`", "a number", &["a string or a URL"]);
}

#[test]
fn a_share_is_from_0_to_the_largest() {
    let check = |share| check_client(&GivenOptions { refresh_ahead: share, ..given() });
    assert_eq!(check(None).expect("good").refresh_ahead.to_string(), "0.2");
    for share in [0.0, 0.5, MAX_REFRESH_AHEAD] {
        check(Some(share)).expect("good");
    }
    for share in [-0.1, 0.91, 1.0, f64::NAN, f64::INFINITY] {
        let error = check(Some(share)).expect_err("bad");
        assert_error(&error, Code::InvalidOptions, &["`refreshAhead`", "from 0 to 0.9"]);
    }
    assert_type_refused("`refreshAhead`", "a string", &["a number"]);
}

#[test]
fn a_time_out_of_requests_is_whole_and_within_bounds_and_there_is_none_unless_given() {
    let check = |ms| check_client(&GivenOptions { request_timeout_ms: ms, ..given() });
    check(None).expect("good");
    assert_eq!(REQUEST_TIMEOUT_MS, 1..=600_000);
    for ms in [1, 600_000] {
        check(Some(f64::from(ms))).expect("good");
    }
    for ms in [0.0, 600_001.0, 1.5, -1.0, f64::NAN, f64::INFINITY] {
        let error = check(Some(ms)).expect_err("bad");
        assert_error(
            &error,
            Code::InvalidOptions,
            &["`requestTimeoutMs`", "a whole number from 1 to 600000"],
        );
    }
    assert_type_refused("`requestTimeoutMs`", "a string", &["whole number"]);
}
