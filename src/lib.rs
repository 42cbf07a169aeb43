//! Exchanges Pay4Power API keys for a bearer token.
//!
//! Two halves and a wall between them. The *core* decides: what options are valid, what an answer
//! means, when a token ends. It holds no JavaScript type, does no I/O and reads no clock, so it
//! builds and is tested on any host. The *shell* (`wasm`, on Wasm only) acts: fetch, timers,
//! abort, clocks, and the exports that the npm package is built on.

pub mod base_url;
pub mod claims;
pub mod envelope;
pub mod error;
pub mod expiry;
pub mod json;
pub mod lifecycle;
pub mod moment;
pub mod numbers;
pub mod options;
pub mod response;
pub mod retry;
pub mod retry_after;
pub mod secret;
pub mod stored;
pub mod token;

#[cfg(target_arch = "wasm32")]
pub mod wasm;
