//! The rules of the lifecycle as stories: a caller asks, the service answers, time passes.

mod actions;
mod circuit;
mod clock;
mod expiring;
mod failures;
mod leaders;
mod phase;
mod refresh;
mod rejected;
mod state;
mod store;
pub mod story;
mod waiting;
