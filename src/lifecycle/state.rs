//! What a lifecycle would tell somebody who only looks at it, such as a health check.

use serde::Serialize;

use super::{Failure, Lifecycle, Phase};
use crate::error::Error;

/// The state of a lifecycle at a moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State<E = Error> {
    /// The phase of the current token. [`Phase::Expired`] also when there is none any more.
    pub token: Phase,
    /// Whether an exchange is under way.
    pub exchanging: bool,
    /// Whether the service has rejected the keys, and not accepted them since.
    pub circuit: Circuit,
    /// How long a cool-down still holds the next exchange back.
    pub retry_in_ms: Option<i64>,
    /// The failure of the last exchange, unless it has succeeded.
    pub last_failure: Option<E>,
}

/// Whether exchanges are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Circuit {
    /// They are.
    Closed,
    /// Only to probe, after each cool-down: the service has rejected the keys.
    Open,
}

impl<E: Failure> Lifecycle<E> {
    /// The state now. Looking at it changes nothing but what is known of the clock.
    pub fn state(&mut self, reading_ms: i64) -> State<E> {
        let now = self.tick(reading_ms);
        let token = self.token.as_ref();
        let phase = token.map_or(Phase::Expired, |token| token.points_at(now).phase(now));
        let remembered = self.remembered.as_ref();
        let failed_until_ms = remembered.map_or(i64::MIN, |failure| failure.until_ms);
        let until_ms = match phase {
            Phase::Expired => failed_until_ms,
            _ => failed_until_ms.max(self.no_refresh_before_ms),
        };
        let retry_in_ms = until_ms.saturating_sub(self.cooled_ms(now));
        State {
            token: phase,
            exchanging: self.exchange.as_ref().is_some_and(|exchange| now < exchange.due_ms),
            circuit: if self.key_rejections > 0 { Circuit::Open } else { Circuit::Closed },
            retry_in_ms: (retry_in_ms > 0).then_some(retry_in_ms),
            last_failure: remembered.map(|failure| failure.error.clone()),
        }
    }
}
