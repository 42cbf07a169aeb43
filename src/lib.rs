//! Exchanges Pay4Power API keys for a bearer token and keeps that token fresh.
//!
//! The crate has two halves. The *core* makes the decisions. It holds no JavaScript type, does no
//! I/O and reads no clock, so it builds and is tested on any host. The *shell* (`wasm`, on Wasm
//! only) does the I/O: fetch, timers, aborts, clocks, and the exports that the npm package calls.
//!
//! | question | file |
//! |---|---|
//! | Which options are valid? | `options.rs`, `options/` |
//! | What does an answer of the service mean? | `response.rs`, `envelope.rs`, `token.rs` |
//! | When does a token expire on this machine's clock? | `expiry.rs`, `clock_readings.rs` |
//! | Which attempts of one exchange are retried, and when? | `retry.rs`, `http_time.rs` |
//! | When is a token handed out, refreshed or waited for, and which cool-downs hold? | `lifecycle/` |
//! | Is a stored token usable? | `stored.rs` |
//! | Which addresses may receive the token? | `base_url.rs` |
//! | What is redacted? | `secret.rs`, `json_escapes.rs` |

pub mod base_url;
pub mod claims;
pub mod clock_readings;
pub mod envelope;
pub mod error;
pub mod expiry;
pub mod http_time;
pub mod json;
mod json_escapes;
pub mod lifecycle;
pub mod numbers;
pub mod options;
pub mod response;
pub mod retry;
pub mod secret;
pub mod stored;
pub mod text;
pub mod token;

#[cfg(target_arch = "wasm32")]
pub mod wasm;
