//! The core on the host: every decision, without JavaScript and without a network.
#![allow(missing_docs, reason = "tests are named for what they show")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by a panic, and a table is as long as it is"
)]

mod answer;
mod claims;
mod expiry;
mod http_date;
mod json;
mod lifecycle;
mod model;
mod options;
mod scope;
mod secret;
mod stored;
mod support;
mod text;
