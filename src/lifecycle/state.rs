//! The state of a lifecycle, for health checks.

use serde::Serialize;

use super::{Failure, Lifecycle, Phase};
use crate::error::Error;

/// The state of a lifecycle at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State<E = Error> {
    /// The phase of the current token. [`Phase::Expired`] if there is none.
    pub token: Phase,
    /// True if an exchange is under way.
    pub exchanging: bool,
    /// The state of the circuit breaker.
    pub circuit: Circuit,
    /// How long a cool-down still holds the next exchange back, in milliseconds. `None` outside a
    /// cool-down.
    pub retry_in_ms: Option<i64>,
    /// The failure of the last exchange. `None` if that succeeded.
    pub last_failure: Option<E>,
}

/// The circuit breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Circuit {
    /// Exchanges are made.
    Closed,
    /// The service has rejected the keys: one exchange probes them after each cool-down.
    Open,
}

impl<E: Failure> Lifecycle<E> {
    /// Returns the state now. The call advances the clock, which may drop the token.
    pub fn state(&mut self, monotonic_ms: i64) -> State<E> {
        let now_ms = self.tick(monotonic_ms);
        let token = self.token.as_ref();
        let phase = token
            .map_or(Phase::Expired, |token| token.points_in_lifecycle_time(now_ms).phase(now_ms));
        let last_failure = self.last_failure.as_ref();
        let failed_until_ms = last_failure.map_or(i64::MIN, |failure| failure.cool_down_until_ms);
        let held_back_until_ms = match phase {
            Phase::Expired => failed_until_ms,
            _ => failed_until_ms.max(self.no_refresh_until_ms),
        };
        let retry_in_ms = held_back_until_ms.saturating_sub(self.cool_down_now_ms(now_ms));
        State {
            token: phase,
            exchanging: self.exchange.as_ref().is_some_and(|exchange| now_ms < exchange.due_at_ms),
            circuit: if self.key_rejections > 0 { Circuit::Open } else { Circuit::Closed },
            retry_in_ms: (retry_in_ms > 0).then_some(retry_in_ms),
            last_failure: last_failure.map(|failure| failure.error.clone()),
        }
    }
}
