//! The actions that the lifecycle returns: to a caller, and to the leader of an exchange.

use serde::Serialize;

use crate::error::Error;

/// Why an exchange starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// There has been no token yet.
    Absent,
    /// The current token expires soon, or has expired.
    Expiry,
    /// The service rejected the current token, or the user dropped it.
    Rejected,
    /// The last exchange failed.
    Failure,
    /// The leader of the last exchange is gone.
    Abandoned,
}

/// An exchange to make. The caller that gets it becomes the exchange's leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExchangeStart {
    /// The number of the exchange.
    pub exchange: u32,
    /// Why the exchange is made.
    pub reason: Reason,
}

/// The action of a caller that asked for a token.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CallerAction<E = Error> {
    /// Take the current token. If there is a `start`, also make that exchange, in the background.
    HandOut {
        /// The token's number.
        token: u32,
        /// How long the token may be handed out without asking again, in milliseconds.
        hand_out_for_ms: i64,
        /// The exchange to make.
        start: Option<ExchangeStart>,
    },
    /// Make this exchange, and wait as for [`CallerAction::Wait`].
    Start {
        /// The exchange to make.
        start: ExchangeStart,
        /// The longest wait before asking again, in milliseconds.
        wait_ms: i64,
        /// The value to pass when asking again.
        asked_at_ms: i64,
    },
    /// Wait until the in-flight exchange ends, then ask again.
    Wait {
        /// The longest wait before asking again, in milliseconds.
        wait_ms: i64,
        /// The value to pass when asking again.
        asked_at_ms: i64,
    },
    /// Fail with this error.
    Fail {
        /// The error.
        error: E,
        /// How much longer calls fail with it, in milliseconds. `None` if the caller waited for the
        /// exchange that failed.
        fails_for_ms: Option<i64>,
    },
}

/// The next action of an exchange's leader, after the exchange has ended or the store has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LeaderAction {
    /// Stop: the exchange has succeeded.
    Done {
        /// The new token's number. `None` if the current token is kept, because it expires later.
        token: Option<u32>,
        /// How long the new token may be handed out without asking again, in milliseconds.
        hand_out_for_ms: i64,
        /// True if this has closed the circuit.
        has_closed_circuit: bool,
    },
    /// Stop: the exchange has failed. Callers that ask in its cool-down get its error.
    Failed {
        /// True if this has opened the circuit.
        has_opened_circuit: bool,
    },
    /// Ask the service: the store has no usable token.
    Exchange {
        /// How long all attempts may take together, in milliseconds.
        deadline_ms: i64,
    },
    /// Stop: another leader has taken over.
    Superseded,
}
