//! The addresses that keys may be sent to.

use std::net::Ipv4Addr;

use crate::error::{Code, Error, Result};

/// The parts of a parsed address that decide whether keys may be sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The whole address, serialized.
    pub href: String,
    /// The scheme without the colon: `https`.
    pub scheme: String,
    /// The host without the port. An IPv6 address is in brackets.
    pub host: String,
    /// True if it has a user name or a password.
    pub has_user_info: bool,
}

impl Address {
    /// Returns the whole address if keys may be sent to it: https, or http to a loopback host, without
    /// user info. `name` is the option that holds the address.
    ///
    /// # Errors
    /// [`Code::InsecureUrl`] with the option's name.
    pub fn into_safe(self, name: &str) -> Result<String> {
        let found = match self.scheme.as_str() {
            _ if self.has_user_info => "a user name or password in it",
            "https" => return Ok(self.href),
            "http" if is_loopback(&self.host) => return Ok(self.href),
            "http" => "http to another host",
            _ => "another scheme",
        };
        Err(Error::boxed(
            Code::InsecureUrl,
            format!(
                "`{name}` must be https (or http to a loopback host) without user info, found {found}"
            ),
        ))
    }
}

/// Returns whether a host, as a URL parser serializes it, is always this machine
/// ([RFC 6761, section 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost"
        || name.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
