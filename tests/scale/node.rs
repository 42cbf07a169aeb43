//! A node, which has a lifecycle of its own: an isolate or the Durable Object.

use pay4power_auth::lifecycle::{Lifecycle, Policy};
use pay4power_auth::retry::Attempts;

use crate::kv::Token;

/// A question of an isolate to the object. A late answer is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub isolate: usize,
    pub number: u32,
}

/// A caller that asks a node for a token.
#[derive(Clone, Copy)]
pub enum Caller {
    /// A request that an isolate handles.
    Request,
    /// An isolate that asks the object.
    Isolate(Question),
    /// The object's alarm, which refreshes the token and does not take it.
    Alarm,
}

#[derive(Clone, Copy)]
pub struct Waiting {
    pub caller: Caller,
    pub since_ms: i64,
    /// The value to pass to the lifecycle when asking again.
    pub asked_at_ms: i64,
    /// A number by which the timer finds this caller.
    pub ticket: u32,
}

pub struct Node {
    pub place: usize,
    pub lifecycle: Lifecycle,
    /// The current token. The shell hands it out without asking until `hand_out_until_ms`.
    pub token: Option<Token>,
    pub hand_out_until_ms: i64,
    /// The exchange under way.
    pub exchange: Option<u32>,
    /// The attempts of that exchange, once there is one.
    pub attempts: Option<Attempts>,
    /// True if the last exchange asked the service.
    pub exchanged: bool,
    pub waiting: Vec<Waiting>,
    pub tickets: u32,
    /// The number of the last question to the object.
    pub question: u32,
    /// The number of the next drawn request that counts.
    pub next_request: u32,
}

impl Node {
    pub fn new(place: usize, policy: Policy) -> Self {
        Self {
            place,
            lifecycle: Lifecycle::new(policy),
            token: None,
            hand_out_until_ms: 0,
            exchange: None,
            attempts: None,
            exchanged: false,
            waiting: Vec::new(),
            tickets: 0,
            question: 0,
            next_request: 0,
        }
    }

    /// Replaces the isolate with a cold one. Events that were drawn for the old one are ignored.
    pub fn replace(&mut self, policy: Policy) {
        let Self { next_request, tickets, question, .. } = *self;
        *self = Self { tickets, question, next_request, ..Self::new(self.place, policy) };
    }
}
