//! The addresses that get the token, and those that get the keys, against the parts that the `url` crate reads.

use arbitrary::{Result, Unstructured};
use pay4power_auth::base_url::{BaseUrl, is_absolute};
use url::{Host, Url};

use crate::bytes::{pick, rest, text};
use crate::host::parse_address;

/// Parts of which addresses are put together.
const PARTS: &[&str] = &[
    "https://",
    "http://",
    "service.example",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "0x7f.1",
    ":443",
    ":8080",
    "/",
    "//",
    "/api",
    "/api/v2",
    "/..",
    "/.",
    "/%2e%2E/",
    "%2f",
    "%5C",
    "\\",
    "?",
    "#",
    "@",
    "user",
    ":",
    ";",
    "%",
    "\t",
    " ",
    "é",
    "evil.example",
    "%00",
    "%252f",
    "https:",
    "api",
];

pub fn run(bytes: &[u8]) {
    let _ = check(Unstructured::new(bytes));
}

fn check(mut bytes: Unstructured<'_>) -> Result<()> {
    let base = address(&mut bytes)?;
    let mut input = if bytes.arbitrary()? { base.clone() } else { String::new() };
    input += &address(&mut bytes)?;
    input += &rest(bytes);
    check_scheme(&input);
    for text in [&base, &input] {
        check_keys(text);
    }
    // As in `src/wasm/base_url.rs`.
    let Some(base_href) = parse_address(&base).and_then(|base| base.into_safe("baseUrl").ok())
    else {
        return Ok(());
    };
    let base_url = BaseUrl::new(&base_href);
    let text = if is_absolute(&input) { input } else { base_url.join(&input) };
    let (Ok(url), Ok(base)) = (Url::parse(&text), Url::parse(&base_href)) else { return Ok(()) };
    assert_eq!(base_url.covers(url.as_str()), is_under(&base, &url), "{base} {url}");
    Ok(())
}

fn address(bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut address = String::new();
    for _ in 0..bytes.int_in_range(0..=7)? {
        address += pick(bytes, PARTS)?;
    }
    Ok(address + &text(bytes, 6)?)
}

/// Returns whether `url` has the origin of `base`, and a path of which the segments of `base` are the first.
fn is_under(base: &Url, url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let has_encoded_slash = path.contains("%2f") || path.contains("%5c");
    let has_user = !url.username().is_empty() || url.password().is_some();
    let mut segments = url.path().split('/');
    let above = base.path().trim_end_matches('/').split('/');
    url.origin() == base.origin()
        && url.origin().is_tuple()
        && !has_user
        && !has_encoded_slash
        && above.map(Some).all(|segment| segments.next() == segment)
}

/// An address that may get the keys is https, or http to this machine.
fn check_keys(text: &str) {
    let Some(address) = parse_address(text) else { return };
    let Ok(href) = address.into_safe("tokenUrl") else { return };
    let url = Url::parse(&href).expect("an address that was just parsed");
    assert!(url.username().is_empty() && url.password().is_none(), "{href}");
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.octets()[0] == 127,
        Some(Host::Ipv6(address)) => {
            address.octets() == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        }
        Some(Host::Domain(name)) => {
            let labels: Vec<&str> = name.split('.').filter(|label| !label.is_empty()).collect();
            labels.last() == Some(&"localhost")
        }
        None => false,
    };
    assert!(url.scheme() == "https" || url.scheme() == "http" && is_loopback, "{href}");
}

/// An input that a parser reads as an absolute address is never taken for a path.
fn check_scheme(input: &str) {
    let starts_plainly = input.starts_with(|c: char| c.is_ascii_alphabetic());
    let has_ignored = input.contains(['\t', '\n', '\r']); // a URL parser drops these
    if starts_plainly && !has_ignored && Url::parse(input).is_ok() {
        assert!(is_absolute(input), "{input}");
    }
}
