//! The virtual world as a library, for the fuzz target `schedules` (`fuzz/`).
#![allow(missing_docs, reason = "the names of tests say what they check")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

pub mod checks;
pub mod draw;
pub mod lifecycle;
pub mod schedule;
pub mod service;
pub mod shell;
pub mod store;
pub mod world;
