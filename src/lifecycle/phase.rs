//! The phases of a token's life, and the points at which they begin.

use serde::Serialize;

use crate::numbers::{float, floor};

/// How a token is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The token is handed out.
    Fresh,
    /// The token is handed out, and a refresh runs in the background (refresh-ahead).
    RefreshSoon,
    /// Callers wait briefly for a new token, because this one may expire during their request.
    Expiring,
    /// The token is never handed out.
    Expired,
}

/// The points of a token's life at which its phases begin, by one clock, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPoints {
    /// [`Phase::RefreshSoon`] begins.
    pub refresh_point_ms: i64,
    /// [`Phase::Expiring`] begins.
    pub wait_point_ms: i64,
    /// [`Phase::Expired`] begins.
    pub dead_point_ms: i64,
}

/// How long before the expiry the wait point is, in milliseconds: at most this, and at most 5 % of
/// the lifetime.
const WAIT_MARGIN_MS: i64 = 30_000;
/// How long before the expiry the dead point is, in milliseconds: at most this, and at most 2 % of
/// the lifetime.
const DEAD_MARGIN_MS: i64 = 2_000;

impl TokenPoints {
    /// Returns the points of a token that expires at `expiry_point_ms`.
    ///
    /// `refresh_ahead` is the share of the lifetime that is left at the refresh point. `jitter`, from
    /// 0 to 1, moves that point earlier, so that a fleet does not refresh at the same time: by up to
    /// half of the refresh window, and by up to half of the time before it. So a new token is never
    /// due for a refresh at once.
    pub fn new(expiry_point_ms: i64, lifetime_ms: i64, refresh_ahead: f64, jitter: f64) -> Self {
        let window_ms = share(lifetime_ms, refresh_ahead);
        let max_jitter_ms = window_ms.min(lifetime_ms - window_ms) / 2;
        let wait_point_ms = expiry_point_ms - WAIT_MARGIN_MS.min(lifetime_ms / 20);
        let refresh_point_ms =
            (expiry_point_ms - window_ms - share(max_jitter_ms, jitter)).min(wait_point_ms);
        let dead_point_ms = expiry_point_ms - DEAD_MARGIN_MS.min(lifetime_ms / 50);
        Self { refresh_point_ms, wait_point_ms, dead_point_ms }
    }

    /// Returns the same points, `ms` milliseconds later.
    #[must_use]
    pub const fn later(self, ms: i64) -> Self {
        Self {
            refresh_point_ms: self.refresh_point_ms + ms,
            wait_point_ms: self.wait_point_ms + ms,
            dead_point_ms: self.dead_point_ms + ms,
        }
    }

    /// Returns the phase at `now_ms`, by the same clock as the points.
    pub const fn phase(&self, now_ms: i64) -> Phase {
        if now_ms < self.refresh_point_ms {
            Phase::Fresh
        } else if now_ms < self.wait_point_ms {
            Phase::RefreshSoon
        } else if now_ms < self.dead_point_ms {
            Phase::Expiring
        } else {
            Phase::Expired
        }
    }
}

/// Returns this share of `ms`. A share below 0 counts as 0, one above 1 as 1.
pub fn share(ms: i64, share: f64) -> i64 {
    floor(float(ms) * share.clamp(0.0, 1.0)).unwrap_or_default()
}
