//! A fleet of isolates on a virtual clock, and its events.

mod exchange;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use pay4power_auth::lifecycle::{CallerAction, Policy};
use pay4power_auth::retry::RetryPolicy;

use crate::assumptions::{
    BETWEEN_REQUESTS_MS, ISOLATE_LIFE_MS, PLACES, ROLLOUT_MS, SECOND_MS, WATCHED_MS, client_policy,
    client_retry_policy, policy,
};
use crate::chance::Chance;
use crate::geography::{Point, draw_place};
use crate::kv::{Kv, Token};
use crate::node::{Caller, Node, Question, Waiting};
use crate::object::Turns;
use crate::tally::Tally;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    None,
    Kv,
    Object,
}

#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub isolates: usize,
    pub store: Store,
    /// The lifetime of a token.
    pub lifetime_ms: i64,
}

impl Setting {
    pub fn places(&self) -> usize {
        self.isolates.min(PLACES)
    }

    fn policy(&self) -> Policy {
        match self.store {
            Store::None => policy(),
            Store::Kv => Policy { has_store: true, ..policy() },
            Store::Object => client_policy(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// An isolate starts, or a new one replaces it.
    Begins(usize),
    /// The next drawn request of an isolate, after its token has stopped being fresh.
    Requested { isolate: usize, number: u32 },
    /// The service has answered a node.
    Exchanged(usize, Token),
    /// KV has answered an isolate.
    Read(usize),
    /// A write has reached KV.
    Written { place: usize, token: Token },
    /// A caller at a node has waited for as long as the lifecycle said.
    WaitEnds { node: usize, ticket: u32 },
    /// An isolate's question has reached the object.
    Reached(Question),
    /// The object begins to answer the question.
    Turn(Question),
    /// The object has answered an isolate.
    Answered { question: Question, token: Token, exchanged: bool },
    /// The object has refused the question.
    Refused(Question),
    /// The isolate gives up the question.
    TimedOut(Question),
    /// The isolate asks again.
    AsksAgain(Question),
    /// The object's alarm fires: its token is due for a refresh.
    Alarm,
}

struct Fleet {
    setting: Setting,
    /// The isolates' policy.
    policy: Policy,
    /// How often an isolate asks the object, if there is one.
    object_retries: RetryPolicy,
    chance: Chance,
    places: Vec<Point>,
    /// The isolates, and the object after them.
    nodes: Vec<Node>,
    kv: Kv,
    turns: Turns,
    /// The object is created near the first isolate that asks it.
    object_exists: bool,
    events: BinaryHeap<Reverse<(i64, u64, Event)>>,
    sequence: u64,
    now: i64,
    tally: Tally,
}

/// Runs a fleet from its start. Returns its tally.
pub fn watch(setting: Setting, seed: u64) -> Tally {
    // The places are drawn first, so that every setting has the same ones.
    let mut chance = Chance::new(seed);
    let places: Vec<Point> = (0..PLACES).map(|_| draw_place(&mut chance)).collect();
    let isolates_policy = setting.policy();
    let node = |number: usize| Node::new(number % setting.places(), isolates_policy);
    let mut fleet = Fleet {
        setting,
        policy: isolates_policy,
        object_retries: client_retry_policy(),
        chance,
        places,
        nodes: (0..setting.isolates).map(node).chain([Node::new(0, policy())]).collect(),
        kv: Kv::new(setting.places()),
        turns: Turns::default(),
        object_exists: false,
        events: BinaryHeap::new(),
        sequence: 0,
        now: 0,
        tally: Tally::new(),
    };
    for isolate in 0..setting.isolates {
        let in_ms = fleet.chance.below(ROLLOUT_MS);
        fleet.after(in_ms, Event::Begins(isolate));
    }
    while let Some(Reverse((at_ms, _, event))) = fleet.events.pop() {
        if at_ms >= WATCHED_MS {
            break;
        }
        fleet.now = at_ms;
        fleet.handle(event);
    }
    fleet.tally
}

impl Fleet {
    fn after(&mut self, in_ms: i64, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((self.now + in_ms, self.sequence, event)));
    }

    fn object(&self) -> usize {
        self.setting.isolates
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Begins(isolate) => self.begin(isolate),
            Event::Requested { isolate, number } => {
                if self.nodes[isolate].next_request == number {
                    self.ask(isolate, Caller::Request, self.now, None);
                    self.expect_request(isolate);
                }
            }
            Event::Exchanged(node, token) => self.exchanged(node, token),
            Event::Read(isolate) => self.read(isolate),
            Event::Written { place, token } => self.kv.write(place, token, self.now),
            Event::WaitEnds { node, ticket } => self.wait_ends(node, ticket),
            Event::Reached(question) => self.reached(question),
            Event::Turn(question) => {
                self.ask(self.object(), Caller::Isolate(question), self.now, None);
            }
            Event::Answered { question, token, exchanged } => {
                self.answered(question, token, exchanged);
            }
            Event::Refused(question) => self.refused(question),
            Event::TimedOut(question) => self.timed_out(question),
            Event::AsksAgain(question) => self.asks_again(question),
            Event::Alarm => self.ask(self.object(), Caller::Alarm, self.now, None),
        }
    }

    fn begin(&mut self, isolate: usize) {
        if self.nodes[isolate].exchange.is_some() {
            // An isolate is not evicted in the middle of a request.
            return self.after(SECOND_MS, Event::Begins(isolate));
        }
        self.nodes[isolate].replace(self.policy);
        self.expect_request(isolate);
        let life_ms = self.chance.until(ISOLATE_LIFE_MS);
        self.after(life_ms, Event::Begins(isolate));
    }

    /// Draws the first request after the token stops being fresh. The shell serves those before at once.
    /// The time of the next request does not depend on the last one.
    fn expect_request(&mut self, isolate: usize) {
        let in_ms = self.chance.until(BETWEEN_REQUESTS_MS);
        let node = &mut self.nodes[isolate];
        node.next_request += 1;
        let number = node.next_request;
        let hand_out_for_ms = (node.hand_out_until_ms - self.now).max(0);
        self.after(hand_out_for_ms + in_ms, Event::Requested { isolate, number });
    }

    /// Asks a node for a token, as the package's `getToken` does.
    fn ask(&mut self, number: usize, caller: Caller, since_ms: i64, asked_at_ms: Option<i64>) {
        let node = &mut self.nodes[number];
        match node.lifecycle.ask(self.now, asked_at_ms) {
            CallerAction::HandOut { hand_out_for_ms, start, .. } => {
                node.hand_out_until_ms = self.now + hand_out_for_ms;
                self.serve(number, caller, since_ms);
                if let Some(start) = start {
                    self.lead(number, start.exchange);
                }
            }
            CallerAction::Start { start, wait_ms, asked_at_ms } => {
                self.wait(number, caller, since_ms, asked_at_ms, wait_ms);
                self.lead(number, start.exchange);
            }
            CallerAction::Wait { wait_ms, asked_at_ms } => {
                self.wait(number, caller, since_ms, asked_at_ms, wait_ms);
            }
            CallerAction::Fail { .. } => match caller {
                Caller::Request => self.tally.fail(self.now),
                Caller::Isolate(question) => self.answer(question, Event::Refused(question)),
                Caller::Alarm => {}
            },
        }
    }

    fn wait(&mut self, node: usize, caller: Caller, since_ms: i64, asked_at_ms: i64, wait_ms: i64) {
        self.nodes[node].tickets += 1;
        let ticket = self.nodes[node].tickets;
        self.nodes[node].waiting.push(Waiting { caller, since_ms, asked_at_ms, ticket });
        self.after(wait_ms, Event::WaitEnds { node, ticket });
    }

    /// Asks again for a caller that was not woken.
    fn wait_ends(&mut self, number: usize, ticket: u32) {
        let waiting = &mut self.nodes[number].waiting;
        if let Some(index) = waiting.iter().position(|waiting| waiting.ticket == ticket) {
            let Waiting { caller, since_ms, asked_at_ms, .. } = waiting.remove(index);
            self.ask(number, caller, since_ms, Some(asked_at_ms));
        }
    }

    fn serve(&mut self, number: usize, caller: Caller, since_ms: i64) {
        let waited_ms = self.now - since_ms;
        let node = &self.nodes[number];
        match (caller, node.token) {
            (Caller::Request, _) if waited_ms > 0 => self.tally.wait(waited_ms, node.exchanged),
            (Caller::Isolate(question), Some(token)) => {
                let exchanged = waited_ms > 0;
                self.answer(question, Event::Answered { question, token, exchanged });
            }
            _ => {}
        }
    }

    /// Has all callers that wait for the exchange ask again.
    fn wake(&mut self, number: usize) {
        for Waiting { caller, since_ms, asked_at_ms, .. } in
            std::mem::take(&mut self.nodes[number].waiting)
        {
            self.ask(number, caller, since_ms, Some(asked_at_ms));
        }
    }
}
