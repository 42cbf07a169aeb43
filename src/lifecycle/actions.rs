//! What the lifecycle tells its caller to do.

use serde::Serialize;

use crate::error::Error;

/// Why an exchange is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// There has been no token yet.
    Absent,
    /// The current token ends soon, or has ended.
    Expiry,
    /// The current token was rejected, or the caller has dropped it.
    Rejected,
    /// The last exchange failed.
    Failure,
    /// The leader of the last exchange is gone.
    Abandoned,
}

/// An exchange that whoever asked has to make: it becomes the leader of this exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// The number of the exchange.
    pub exchange: u32,
    /// Why it is made.
    pub reason: Reason,
}

/// What somebody who asked for a token is to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ask<E = Error> {
    /// Take the current token; when there is a `start`, make that exchange in the background.
    HandOut {
        /// The token's number.
        token: u32,
        /// How long it may be handed out without asking again.
        fresh_for_ms: i64,
        /// The exchange to make.
        start: Option<Start>,
    },
    /// Make this exchange, and wait as for [`Ask::Wait`].
    Start {
        /// The exchange to make.
        start: Start,
        /// How long to wait at most before asking again.
        wait_ms: i64,
        /// To be given back when asking again.
        asked_at_ms: i64,
    },
    /// Wait for the exchange under way to end, then ask again.
    Wait {
        /// How long to wait at most before asking again.
        wait_ms: i64,
        /// To be given back when asking again.
        asked_at_ms: i64,
    },
    /// Fail.
    Fail {
        /// With this.
        error: E,
        /// How much longer calls go on failing with it. `None` for a caller who has waited for this
        /// very failure, and has it from the exchange itself.
        fails_for_ms: Option<i64>,
    },
}

/// What the leader of an exchange is to do when the exchange has ended, or the store has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Next {
    /// The exchange has ended with a token, which is now number `token`.
    Done {
        /// The new token's number; `None` when the current one is better.
        token: Option<u32>,
        /// How long it may be handed out without asking.
        fresh_for_ms: i64,
        /// Whether this has closed a circuit.
        closed: bool,
    },
    /// The exchange has ended in a failure, which those who ask are told.
    Failed {
        /// Whether this has opened a circuit.
        opened: bool,
    },
    /// The store has no token of use: ask the service.
    Exchange {
        /// How long that may take, with all its attempts.
        deadline_ms: i64,
    },
    /// Somebody else leads by now: stop.
    Superseded,
}
