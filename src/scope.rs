//! Where a token may be sent: under one address, and nowhere else.

use crate::error::{Error, Result};
use crate::options::{Address, ParseUrl};
use crate::text::{concat, find};

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The whole address.
    pub href: String,
    /// Whether the token may go there.
    pub inside: bool,
}

/// Makes a whole address of what `fetch` was given: a path is appended to `base`, with or without a
/// leading slash; a whole address is taken as it is.
///
/// # Errors
/// `P4P_INVALID_OPTIONS` for a path when there is no `base`, and for what is no address.
pub fn resolve(base: Option<&str>, input: &str, parse_url: ParseUrl<'_>) -> Result<Target> {
    let base = match base {
        Some(base) => parse_url(base),
        None if is_whole(input) => None,
        None => {
            return Err(Error::option(
                "baseUrl",
                "given for `fetch`, when it is not the documented service that is asked",
                "nothing",
            ));
        }
    };
    let text = match &base {
        Some(base) if !is_whole(input) => join(base, input),
        _ => input.to_owned(),
    };
    let target = parse_url(&text)
        .ok_or_else(|| Error::option("input", "an address or a path", "neither"))?;
    let inside = base.is_some_and(|base| lies_under(&base, &target));
    Ok(Target { href: target.href, inside })
}

/// Whether `input` begins with a scheme
/// ([RFC 3986, section 3.1](https://www.rfc-editor.org/rfc/rfc3986#section-3.1)).
fn is_whole(input: &str) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let scheme = input.bytes().take_while(is_part).count();
    input.starts_with(|c: char| c.is_ascii_alphabetic())
        && input.as_bytes().get(scheme) == Some(&b':')
}

fn join(base: &Address, path: &str) -> String {
    let path_of_base = base.path.trim_end_matches('/');
    if path.is_empty() || path.starts_with(['?', '#']) {
        concat(&[&base.origin, path_of_base, path])
    } else {
        concat(&[&base.origin, path_of_base, "/", path.trim_start_matches('/')])
    }
}

/// Compared by segment, after the parser has resolved dot segments. A slash that is only decoded
/// further on could lead out again.
fn lies_under(base: &Address, target: &Address) -> bool {
    let path = target.path.to_ascii_lowercase();
    let rest = target.path.strip_prefix(base.path.trim_end_matches('/'));
    target.origin == base.origin
        && !target.has_user_info
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        && find(&path, "%2f").is_none()
        && find(&path, "%5c").is_none()
}
