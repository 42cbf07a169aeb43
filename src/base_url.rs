//! Where a client's `fetch` may send the token: under one address, and nowhere else.

use crate::error::Error;

/// The address under which a token may be sent, without slashes at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The origin and the path of `href`, an address as a URL parser serializes it, without user info. Its query
    /// and its fragment do not count.
    pub fn new(href: &str) -> Self {
        let address = href.split(['?', '#']).next().unwrap_or_default();
        Self(address.trim_end_matches('/').to_owned())
    }

    /// `path` appended, with or without a leading slash: a text that a URL parser is still to read.
    pub fn join(&self, path: &str) -> String {
        let Self(base) = self;
        if path.is_empty() || path.starts_with(['?', '#']) {
            format!("{base}{path}")
        } else {
            format!("{base}/{}", path.trim_start_matches('/'))
        }
    }

    /// Whether the token may go to `href`, an address as a URL parser serializes it, without dot
    /// segments. Paths are compared by segment. An encoded slash in the path is refused: decoded
    /// further on, it could lead out again.
    pub fn covers(&self, href: &str) -> bool {
        // The base has no user info, so an address that begins like it has none either: what comes
        // next must end the origin or a segment.
        let is_under = href
            .strip_prefix(&self.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
        let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        is_under && !path.as_bytes().windows(3).any(|escape| matches!(escape, b"%2f" | b"%5c"))
    }

    /// The error for a path when there is no base to append it to.
    pub fn missing() -> Box<Error> {
        let expected = "given for `fetch`, when it is not the documented service that is asked";
        Error::option("baseUrl", expected, "nothing")
    }
}

/// Whether `input` begins with a scheme
/// ([RFC 3986, section 3.1](https://www.rfc-editor.org/rfc/rfc3986#section-3.1)): a whole address
/// and no path.
pub fn is_whole(input: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    input.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_part)
    })
}
