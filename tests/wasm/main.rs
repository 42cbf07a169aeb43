//! The shell inside a JavaScript engine: what crosses the border, and what fetch is called with.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "tests are named for what they show")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]
#![allow(clippy::float_cmp, reason = "what the numbers of JavaScript count is whole")]

mod claims;
mod ends;
mod errors;
mod options;
mod request;
mod support;
