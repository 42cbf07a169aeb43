//! Tests of the shell in a JavaScript engine: the values that cross the border, and the calls of fetch.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "the names of tests say what they check")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]
#![allow(clippy::float_cmp, reason = "the numbers that JavaScript counts are whole")]

mod claims;
mod ends;
mod errors;
mod options;
mod request;
mod support;
