//! Tests of the core on the host, without JavaScript and without a network.
#![allow(missing_docs, reason = "the names of tests say what they check")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by a panic, and a table is as long as it is"
)]

mod base_url;
mod claims;
mod expiry;
mod http_time;
mod json;
mod lifecycle;
mod model;
mod numbers;
mod options;
mod response;
mod retry;
mod secret;
mod stored;
mod support;
mod text;
