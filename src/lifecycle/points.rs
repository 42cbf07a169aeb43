//! The instants of a token's life at which it is treated differently.

use serde::Serialize;

use crate::numbers::{float, floor};

/// How a token is to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Handed out.
    Fresh,
    /// Handed out, while a new one is got.
    RefreshSoon,
    /// Waited over for a moment: it may not live to the end of the request it is for.
    Expiring,
    /// Never handed out.
    Expired,
}

/// When a token passes from one phase to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// [`Phase::RefreshSoon`] from here on.
    pub soft_ms: i64,
    /// [`Phase::Expiring`] from here on.
    pub hard_ms: i64,
    /// [`Phase::Expired`] from here on.
    pub dead_ms: i64,
}

/// The hard point is at most this much before the end, and at most 5 % of the lifetime.
const HARD_MARGIN_MS: i64 = 30_000;
/// The dead point is at most this much before the end, and at most 2 % of the lifetime.
const DEAD_MARGIN_MS: i64 = 2_000;

impl Points {
    /// The points of a token that ends at `end_ms`. `refresh_ahead` is the share of the lifetime
    /// before which a new one is got; `jitter`, from 0 to 1, moves that up to half as far again
    /// ahead, so that a fleet does not refresh in step, but no further than half of what lies
    /// before: a token must not be due for a refresh when it comes.
    pub fn new(end_ms: i64, lifetime_ms: i64, refresh_ahead: f64, jitter: f64) -> Self {
        let window = share(lifetime_ms, refresh_ahead);
        let spread = window.min(lifetime_ms - window) / 2;
        let hard_ms = end_ms - HARD_MARGIN_MS.min(lifetime_ms / 20);
        let soft_ms = (end_ms - window - share(spread, jitter)).min(hard_ms);
        Self { soft_ms, hard_ms, dead_ms: end_ms - DEAD_MARGIN_MS.min(lifetime_ms / 50) }
    }

    /// The same, so much later.
    #[must_use]
    pub const fn later(self, ms: i64) -> Self {
        Self { soft_ms: self.soft_ms + ms, hard_ms: self.hard_ms + ms, dead_ms: self.dead_ms + ms }
    }

    /// How a token with these points is to be treated at `now_ms`.
    pub const fn phase(&self, now_ms: i64) -> Phase {
        if now_ms < self.soft_ms {
            Phase::Fresh
        } else if now_ms < self.hard_ms {
            Phase::RefreshSoon
        } else if now_ms < self.dead_ms {
            Phase::Expiring
        } else {
            Phase::Expired
        }
    }
}

/// That share of `ms`; all of it for a share of 1 or more, nothing for one of 0 or less.
pub fn share(ms: i64, share: f64) -> i64 {
    floor(float(ms) * share.clamp(0.0, 1.0)).unwrap_or_default()
}
