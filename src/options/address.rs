//! Which addresses keys may be sent to.

use std::net::Ipv4Addr;

use crate::error::{Code, Error, Result};

/// The parts of an address that decide whether keys may be sent to it, as a URL parser found them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The whole address, serialized.
    pub href: String,
    /// `https`, without the colon.
    pub scheme: String,
    /// The host, without a port; an IPv6 address in brackets.
    pub host: String,
    /// Whether it holds a user name or a password.
    pub has_user_info: bool,
}

impl Address {
    /// The whole address, which the option `name` gave, when keys may be sent there: https anywhere,
    /// http to a loopback host, and no user info.
    ///
    /// # Errors
    /// [`Code::InsecureUrl`] naming the option.
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

/// Whether a host, as a URL parser serializes it, is this machine and no other
/// ([RFC 6761, section 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost"
        || name.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
