use pay4power_auth::error::Code;
use pay4power_auth::scope::{Target, resolve};

use crate::support::parse_url;

const BASE: &str = "https://pay4power.example/api/v2.1/b2b";

fn at(input: &str) -> Target {
    resolve(Some(BASE), input, &parse_url).expect(input)
}

#[test]
fn paths_are_appended_with_or_without_a_slash() {
    for (input, rest) in [
        ("services", "/services"),
        ("/services", "/services"),
        ("///services", "/services"),
        ("//evil.example/services", "/evil.example/services"),
        ("requery?reference=1", "/requery?reference=1"),
        ("?page=2", "?page=2"),
        ("", ""),
        ("@evil.example/", "/@evil.example/"),
        (":80/", "/:80/"),
    ] {
        let target = at(input);
        assert_eq!(target.href, format!("{BASE}{rest}"));
    }
    let slash = resolve(Some("https://pay4power.example/api/"), "/services", &parse_url);
    assert_eq!(slash.expect("a target").href, "https://pay4power.example/api/services");
}

#[test]
fn whole_addresses_must_lie_under_the_base() {
    for (input, inside) in [
        ("https://pay4power.example/api/v2.1/b2b", true),
        ("https://pay4power.example/api/v2.1/b2b/", true),
        ("https://pay4power.example/api/v2.1/b2b/services", true),
        ("https://pay4power.example/api/v2.1/b2bx", false),
        ("https://pay4power.example/api/v2.1", false),
        ("https://pay4power.example/", false),
        ("https://pay4power.example:8443/api/v2.1/b2b/services", false),
        ("http://pay4power.example/api/v2.1/b2b/services", false),
        ("https://evil.example/api/v2.1/b2b/services", false),
        ("https://user@pay4power.example/api/v2.1/b2b/services", false),
        ("https://pay4power.example.evil.example/api/v2.1/b2b/services", false),
        ("https://pay4power.example/api/v2.1/b2b/a%2f..%2f..%2fadmin", false),
        ("https://pay4power.example/api/v2.1/b2b/a%5Cadmin", false),
    ] {
        assert_eq!(at(input).inside, inside, "{input}");
    }
}

#[test]
fn without_a_base_only_whole_addresses_go_anywhere_and_none_with_the_token() {
    let error = resolve(None, "/services", &parse_url).expect_err("no base");
    assert_eq!(error.code, Code::InvalidOptions);
    assert!(error.message.contains("`baseUrl`"));
    assert!(!resolve(None, BASE, &parse_url).expect("an address").inside);
}
