//! When a 401 may have a new token got, by what became of those that were got for one.

use super::FORCED;

/// What came of replays.
#[derive(Clone, Debug)]
pub(super) struct Forced {
    /// No 401 has a token got before this.
    from_ms: i64,
    /// How many times in a row a new token was rejected as well.
    futile: u32,
    /// The last token that was rejected when it was new.
    futile_token: Option<u32>,
}

impl Default for Forced {
    fn default() -> Self {
        Self { from_ms: i64::MIN, futile: 0, futile_token: None }
    }
}

impl Forced {
    pub(super) const fn may(&self, now: i64) -> bool {
        now >= self.from_ms
    }

    /// A request that was sent again with this newer token was answered with another 401, or not.
    /// Whether that is news.
    pub(super) fn replayed(&mut self, now: i64, token: u32, unauthorized: bool) -> bool {
        // Once for a token, however many requests were sent again with it. That another address
        // accepts it says nothing about the one that does not.
        if self.futile_token.is_some_and(|futile| token <= futile) {
            return false;
        }
        if unauthorized {
            self.futile_token = Some(token);
            self.futile = self.futile.saturating_add(1);
            self.from_ms = now + FORCED.wait_ms(self.futile);
            return true;
        }
        self.from_ms = i64::MIN;
        std::mem::take(&mut self.futile) > 0
    }

    /// Whatever was wrong has been put right.
    pub(super) fn reset(&mut self) {
        (self.from_ms, self.futile) = (i64::MIN, 0);
    }
}
