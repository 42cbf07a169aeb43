//! The current token: the lifecycle knows its number and when it ends, never the token itself.

use super::{BACKGROUND, Backoff, Failure, Lifecycle, Next, Points, Reason};

/// The token that is handed out.
#[derive(Clone, Debug)]
pub(super) struct CurrentToken {
    pub(super) id: u32,
    pub(super) points: Points,
    pub(super) lifetime_ms: i64,
    /// The latest time since it came, by which it ages: its points are in that time. The clock may
    /// have been a little further on before.
    pub(super) aged_ms: i64,
}

impl CurrentToken {
    /// Its points, as they lie for whoever takes it to be `now`.
    pub(super) fn points_at(&self, now: i64) -> Points {
        self.points.later(now - self.aged_ms)
    }

    /// How long the next refresh of this token waits after so many failed ones.
    pub(super) fn refresh_wait_ms(&self, failed_refreshes: u32) -> i64 {
        let base_ms = BACKGROUND.base_ms.min(self.lifetime_ms / 10);
        Backoff { base_ms, ..BACKGROUND }.wait_ms(failed_refreshes)
    }
}

impl<E: Failure> Lifecycle<E> {
    /// A request with this token was answered with a 401. Returns whether to ask for a token and
    /// send the request again; if not, the 401 is the answer.
    pub fn unauthorized(&mut self, reading_ms: i64, token: u32) -> bool {
        let now = self.tick(reading_ms);
        if self.token.as_ref().is_some_and(|current| current.id == token) {
            if !self.replay_guard.allows(self.cooled_ms(now)) {
                return false;
            }
            self.drop_token(Reason::Rejected);
        }
        true
    }

    /// A request that was sent again with this newer token was answered with another 401, or not.
    /// Returns whether that is news.
    pub fn replayed(&mut self, reading_ms: i64, token: u32, unauthorized: bool) -> bool {
        let now = self.tick(reading_ms);
        self.replay_guard.replayed(self.cooled_ms(now), token, unauthorized)
    }

    /// The caller drops this token, or whichever is the current one.
    pub fn invalidate(&mut self, token: Option<u32>) {
        let drops = |current: &CurrentToken| token.is_none_or(|token| token == current.id);
        if self.token.as_ref().is_some_and(drops) {
            self.drop_token(Reason::Rejected);
        }
    }

    /// A token that comes now, and would be the next.
    pub(super) fn incoming(
        &self,
        reading_ms: i64,
        ends_in_ms: i64,
        lifetime_ms: i64,
        jitter: f64,
    ) -> CurrentToken {
        let aged_ms = self.aged_ms(reading_ms);
        let refresh_ahead = self.policy.refresh_ahead;
        let points = Points::new(aged_ms + ends_in_ms, lifetime_ms, refresh_ahead, jitter);
        CurrentToken { id: self.last_token + 1, points, lifetime_ms, aged_ms }
    }

    pub(super) fn install(&mut self, token: CurrentToken, closed: bool) -> Next {
        let fresh_for_ms = (token.points.soft_ms - token.aged_ms).max(0);
        self.clock.token_comes();
        self.last_token = token.id;
        self.token = Some(token);
        Next::Done { token: Some(self.last_token), fresh_for_ms, closed }
    }

    pub(super) fn drop_token(&mut self, reason: Reason) {
        if self.token.take().is_some() {
            self.absent_because = reason;
        }
    }
}
