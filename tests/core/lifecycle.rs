//! Every rule of the lifecycle, told as stories: a caller asks, the service answers, time passes.

mod attempts;
mod circuit;
mod expiring;
mod failures;
mod story;
