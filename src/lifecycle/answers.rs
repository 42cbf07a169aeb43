//! What the lifecycle answers: to who asks for a token, to who makes an exchange, to who saw a 401.

use crate::error::Error;

/// Why an exchange is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no token yet.
    Absent,
    /// The token at hand will end soon, or has ended.
    Expiry,
    /// The token at hand was rejected, or dropped by the caller.
    Rejected,
    /// The last exchange failed.
    Failure,
    /// The one who led the last exchange is gone.
    Abandoned,
}

impl Reason {
    /// The reason as callers see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Expiry => "expiry",
            Self::Rejected => "rejected",
            Self::Failure => "failure",
            Self::Abandoned => "abandoned",
        }
    }
}

/// An exchange that whoever asked has to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its number.
    pub exchange: u32,
    /// Why it is made.
    pub reason: Reason,
}

/// What somebody who asked for a token is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask<E = Error> {
    /// Take the token at hand; when there is a `start`, make that exchange in the background.
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
    /// Fail with this.
    Fail(E),
}

/// What the leader of an exchange is to do after an attempt, or after it has asked the store.
#[derive(Clone, Debug, PartialEq)]
pub enum Next<E = Error> {
    /// The exchange has ended with a token, which is now number `token`.
    Done {
        /// The new token's number; `None` when a better one is at hand.
        token: Option<u32>,
        /// How long it may be handed out without asking.
        fresh_for_ms: i64,
        /// Whether a circuit was closed by this.
        closed: bool,
    },
    /// The exchange has ended in this failure.
    Failed {
        /// Why.
        error: E,
        /// Whether this has opened a circuit.
        opened: bool,
    },
    /// Wait, then begin another attempt.
    Retry {
        /// How long.
        wait_ms: i64,
    },
    /// The store has nothing of use: begin the first attempt.
    Exchange,
    /// Somebody else leads by now: stop.
    Superseded,
}

/// What to do with a request that was answered with a 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// Ask for a token and send it again.
    Replay,
    /// Return the 401.
    Return,
}
