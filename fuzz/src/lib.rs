//! The bodies of the fuzz targets: plain functions of bytes, which panic if the core misbehaves. The programs in
//! `fuzz_targets/` call them with new bytes, the test `replay` with those of `corpus/`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    missing_docs,
    reason = "a target fails by a panic"
)]

pub mod addresses;
pub mod base64url;
pub mod claims;
pub mod envelope;
pub mod http_time;
pub mod lifecycle_calls;
pub mod options;
pub mod redaction;
pub mod responses;
pub mod schedules;
pub mod stored;

mod bytes;
mod host;
mod numbers;

#[cfg(test)]
mod replay;

/// A target: its name, and its body.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 11] = [
    ("addresses", addresses::run),
    ("base64url", base64url::run),
    ("claims", claims::run),
    ("envelope", envelope::run),
    ("http_time", http_time::run),
    ("lifecycle_calls", lifecycle_calls::run),
    ("options", options::run),
    ("redaction", redaction::run),
    ("responses", responses::run),
    ("schedules", schedules::run),
    ("stored", stored::run),
];
