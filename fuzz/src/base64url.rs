//! base64url in the three parts of a JWT, against a decoder of its own that works on bits, and the `base64` crate.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pay4power_auth::claims::decode;

use crate::host::Value;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub fn run(bytes: &[u8]) {
    // Any bytes as one part.
    let bits = bits_of(bytes);
    let is_part = bits.is_some() && !bytes.contains(&b'.');
    for parts in [[bytes, b"e30", b"c2ln"], [b"e30", b"e30", bytes]] {
        let expected = is_part && !parts[0].is_empty();
        assert_eq!(decode::<Value>(&parts.join(&b'.')).is_ok(), expected, "{bytes:?}");
    }
    let claims = decode::<Value>(&[b"e30", bytes, b"c2ln"].join(&b'.'));
    let object = bits.and_then(|payload| serde_json::from_slice(&payload).ok());
    let object = object.filter(serde_json::Value::is_object).filter(|_| is_part);
    assert_eq!(claims.ok().map(|Value(claims)| claims), object, "{bytes:?}");

    // What the `base64` crate makes of any bytes is a part.
    let encoded = URL_SAFE_NO_PAD.encode(bytes);
    assert_eq!(bits_of(encoded.as_bytes()).as_deref(), Some(bytes));
    let token = format!("e30.e30.{encoded}");
    assert_eq!(decode::<Value>(token.as_bytes()).is_ok(), token.len() <= 16 * 1024);
}

/// Decodes base64url without padding, bit by bit. `None` for another character, and if spare bits are set.
pub fn bits_of(text: &[u8]) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for byte in text {
        let index = ALPHABET.iter().position(|symbol| symbol == byte)?;
        bits.extend((0..6).rev().map(|bit| index >> bit & 1 == 1));
    }
    let octets = bits.chunks_exact(8);
    let spare = octets.remainder();
    if spare.len() > 4 || spare.contains(&true) {
        return None;
    }
    let octet = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    Some(octets.map(octet).collect())
}
