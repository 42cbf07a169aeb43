//! The base URL of a client's `fetch`: the token is sent to addresses under it only.

use crate::error::Error;

/// A base URL, without slashes at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Returns the base URL of the origin and path of `href`. A URL parser must have serialized
    /// `href`, and it must have no user info. Its query and fragment are ignored.
    pub fn new(href: &str) -> Self {
        let address = href.split(['?', '#']).next().unwrap_or_default();
        Self(address.trim_end_matches('/').to_owned())
    }

    /// Appends `path`, with or without a leading slash. Returns text that a URL parser must still read.
    pub fn join(&self, path: &str) -> String {
        let Self(base) = self;
        if path.is_empty() || path.starts_with(['?', '#']) {
            format!("{base}{path}")
        } else {
            format!("{base}/{}", path.trim_start_matches('/'))
        }
    }

    /// Returns whether the token may be sent to `href`, which a URL parser must have serialized,
    /// without dot segments. Paths are compared by segment. An encoded slash in the path is refused:
    /// a proxy that decodes it could route the request outside the base.
    pub fn covers(&self, href: &str) -> bool {
        // The base has no user info, so an address that starts with it has none either. The next
        // character must end the origin or a path segment.
        let is_under = href
            .strip_prefix(&self.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
        let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        is_under && !path.as_bytes().windows(3).any(|escape| matches!(escape, b"%2f" | b"%5c"))
    }

    /// Returns the error for a path without a base URL.
    pub fn missing() -> Box<Error> {
        let expected = "given for `fetch` if `tokenUrl` or another `environment` is set";
        Error::option("baseUrl", expected, "nothing")
    }
}

/// Returns whether `input` is an absolute address and not a path: it begins with a scheme
/// ([RFC 3986, section 3.1](https://www.rfc-editor.org/rfc/rfc3986#section-3.1)).
pub fn is_absolute(input: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    input.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_part)
    })
}
