use pay4power_auth::base_url::{BaseUrl, is_absolute};
use pay4power_auth::error::Code;

use crate::support::parse_url;

const BASE: &str = "https://pay4power.example/api/v2.1/b2b";

fn base(address: &str) -> BaseUrl {
    BaseUrl::new(&parse_url(address).expect(address).href)
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
        ("#top", "#top"),
        ("", ""),
        ("@evil.example/", "/@evil.example/"),
        (":80/", "/:80/"),
    ] {
        assert!(!is_absolute(input), "{input}");
        let joined = base(BASE).join(input);
        assert_eq!(joined, format!("{BASE}{rest}"));
        assert!(base(BASE).covers(&joined), "{input}");
    }
    for address in ["https://pay4power.example/api/", "https://pay4power.example/api//"] {
        let joined = base(address).join("/services");
        assert_eq!(joined, "https://pay4power.example/api/services");
    }
    assert_eq!(
        base("https://pay4power.example/").join("@evil.example"),
        "https://pay4power.example/@evil.example"
    );
}

#[test]
fn the_base_has_no_query_and_no_fragment() {
    for rest in ["?tenant=1", "#top", "/?tenant=1#top"] {
        assert_eq!(BaseUrl::new(&format!("{BASE}{rest}")), base(BASE));
    }
}

#[test]
fn whole_addresses_must_lie_under_the_base() {
    for (input, inside) in [
        ("https://pay4power.example/api/v2.1/b2b", true),
        ("https://pay4power.example/api/v2.1/b2b/", true),
        ("https://pay4power.example/api/v2.1/b2b/services", true),
        ("https://pay4power.example/api/v2.1/b2b?page=2", true),
        ("https://pay4power.example/api/v2.1/b2b#top", true),
        ("https://pay4power.example/api/v2.1/b2bx", false),
        ("https://pay4power.example/api/v2.1", false),
        ("https://pay4power.example/", false),
        ("https://pay4power.example:8443/api/v2.1/b2b/services", false),
        ("http://pay4power.example/api/v2.1/b2b/services", false),
        ("https://evil.example/api/v2.1/b2b/services", false),
        ("https://user@pay4power.example/api/v2.1/b2b/services", false),
        ("https://pay4power.example.evil.example/api/v2.1/b2b/services", false),
        ("https://pay4power.example/api/v2.1/b2b/a%2f..%2f..%2fadmin", false),
        ("https://pay4power.example/api/v2.1/b2b/a%2F..%2F..%2Fadmin", false),
        ("https://pay4power.example/api/v2.1/b2b/a%5Cadmin", false),
        ("https://pay4power.example/api/v2.1/b2b/a%5cadmin", false),
        ("https://pay4power.example/api/v2.1/b2b/services?next=%2Fhome%5C", true),
        ("https://pay4power.example/api/v2.1/b2b/services#%2f%5c", true),
        ("https://pay4power.example/api/v2.1/b2b/a%2fb?page=2", false),
        ("https://evil.example/?https://pay4power.example/api/v2.1/b2b", false),
    ] {
        assert!(is_absolute(input), "{input}");
        assert_eq!(base(BASE).covers(input), inside, "{input}");
    }
}

#[test]
fn a_base_without_a_path_is_its_whole_origin_and_no_other() {
    let base = base("https://pay4power.example/");
    for (input, inside) in [
        ("https://pay4power.example/", true),
        ("https://pay4power.example/services?page=2", true),
        ("https://pay4power.example:8443/", false),
        ("https://pay4power.example.evil.example/", false),
        ("https://pay4power.example@evil.example/", false),
        ("https://pay4power.example:password@evil.example/", false),
        ("https://pay4power.example./", false),
    ] {
        assert_eq!(base.covers(input), inside, "{input}");
    }
}

#[test]
fn an_address_is_whole_when_it_begins_with_a_scheme() {
    for input in [BASE, "http:", "a:b", "HTTPS://pay4power.example", "web+a.b-1:x", "data:,x:y"] {
        assert!(is_absolute(input), "{input}");
    }
    for input in ["", ":", "services", "/a:b", "1a:b", "+a:b", "a b:c", "é:b", "?a:b", "//a:80/"] {
        assert!(!is_absolute(input), "{input}");
    }
}

#[test]
fn a_path_without_a_base_is_refused_by_name() {
    let error = BaseUrl::missing();
    assert_eq!(error.code, Code::InvalidOptions);
    assert!(error.message.contains("`baseUrl`"));
}
