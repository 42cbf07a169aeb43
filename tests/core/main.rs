//! The core on the host: every decision, without JavaScript and without a network.
#![allow(missing_docs, reason = "tests are named for what they show")]
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
mod json;
mod lifecycle;
mod model;
mod numbers;
mod options;
mod response;
mod retry;
mod retry_after;
mod secret;
mod stored;
mod support;
