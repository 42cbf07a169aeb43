//! Every rule of the lifecycle, told as stories: a caller asks, the service answers, time passes.

mod actions;
mod circuit;
mod clock;
mod expiring;
mod failures;
mod leaders;
mod points;
mod refresh;
mod rejected;
mod state;
mod store;
pub mod story;
mod waiting;
