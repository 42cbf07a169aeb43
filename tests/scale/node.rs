//! Whoever has a lifecycle of its own: an isolate, or the Durable Object.

use pay4power_auth::lifecycle::{Lifecycle, Policy};
use pay4power_auth::retry::Attempts;

use crate::kv::Token;

/// Of an isolate to the object. The answer to one that it no longer waits for changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub isolate: usize,
    pub number: u32,
}

/// Who asks a node for a token.
#[derive(Clone, Copy)]
pub enum Caller {
    /// A request that an isolate handles.
    Request,
    /// That isolate asks the object.
    Isolate(Question),
    /// The object's own alarm, which wants no token.
    Alarm,
}

#[derive(Clone, Copy)]
pub struct Waiting {
    pub caller: Caller,
    pub since_ms: i64,
    /// What the lifecycle wants to be given back.
    pub asked_at_ms: i64,
    /// Of its own, so that its timer finds it.
    pub ticket: u32,
}

pub struct Node {
    pub place: usize,
    pub lifecycle: Lifecycle,
    /// The token at hand, and until when the shell hands it out without asking.
    pub token: Option<Token>,
    pub fresh_until_ms: i64,
    /// The exchange under way.
    pub exchange: Option<u32>,
    /// Its attempts, once there is one.
    pub attempts: Option<Attempts>,
    /// Whether the last one went to the service.
    pub exchanged: bool,
    pub waiting: Vec<Waiting>,
    pub tickets: u32,
    /// Which of the questions to the object is the last.
    pub question: u32,
    /// Which of the next requests that were drawn is the one to come.
    pub next_request: u32,
}

impl Node {
    pub fn new(place: usize, policy: Policy) -> Self {
        Self {
            place,
            lifecycle: Lifecycle::new(policy),
            token: None,
            fresh_until_ms: 0,
            exchange: None,
            attempts: None,
            exchanged: false,
            waiting: Vec::new(),
            tickets: 0,
            question: 0,
            next_request: 0,
        }
    }

    /// A cold isolate takes the place of an old one. Nothing that was drawn for that one comes.
    pub fn replace(&mut self, policy: Policy) {
        let Self { next_request, tickets, question, .. } = *self;
        *self = Self { tickets, question, next_request, ..Self::new(self.place, policy) };
    }
}
