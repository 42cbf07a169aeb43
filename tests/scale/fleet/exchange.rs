//! A node's exchange: with the service, KV or the object.

use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{LeaderAction, NewToken};
use pay4power_auth::retry::{Attempts, RetryPolicy};

use super::{Event, Fleet, Store};
use crate::assumptions::{
    EXCHANGE_WORK_MS, KV_COLD_MS, KV_HOT_MS, ROUND_TRIPS_OF_AN_EXCHANGE, retry_policy,
};
use crate::geography::{Point, SERVICE, round_trip_ms, round_trip_to_kv_ms};
use crate::kv::Token;
use crate::node::Question;

impl Fleet {
    pub(super) fn lead(&mut self, number: usize, exchange: u32) {
        self.nodes[number].exchange = Some(exchange);
        match self.setting.store {
            Store::Kv => self.begin_read(number),
            Store::Object if number != self.object() => {
                let attempts = Attempts::new(self.object_retries, self.now);
                self.nodes[number].attempts = Some(attempts);
                self.ask_object(number);
            }
            Store::None | Store::Object => self.ask_service(number, retry_policy().deadline_ms),
        }
    }

    /// Begins an attempt of a node's exchange. Returns how long it may take, in milliseconds.
    fn begin_attempt(&mut self, number: usize) -> Option<i64> {
        let node = &mut self.nodes[number];
        let (exchange, attempts) = (node.exchange?, node.attempts.as_mut()?);
        let timeout_ms = attempts.begin(self.now);
        let leads = node.lifecycle.progress(self.now, exchange, self.now + timeout_ms, None);
        leads.then_some(timeout_ms)
    }

    /// Asks the service. In this model it always answers before the timeout.
    fn ask_service(&mut self, number: usize, deadline_ms: i64) {
        let policy = RetryPolicy { deadline_ms, ..retry_policy() };
        self.nodes[number].attempts = Some(Attempts::new(policy, self.now));
        self.begin_attempt(number);
        let way_ms = round_trip_ms(self.place(number), SERVICE);
        let least_ms = ROUND_TRIPS_OF_AN_EXCHANGE * way_ms + EXCHANGE_WORK_MS;
        let latency_ms = self.chance.latency(least_ms);
        let ends_ms = self.now + latency_ms / 2 + self.setting.lifetime_ms;
        self.tally.exchange(self.now);
        self.after(latency_ms, Event::Exchanged(number, Token { ends_ms }));
    }

    pub(super) fn exchanged(&mut self, number: usize, token: Token) {
        if self.setting.store == Store::Kv {
            let latency_ms = self.chance.latency(round_trip_to_kv_ms(self.place(number)));
            let place = self.nodes[number].place;
            self.after(latency_ms, Event::Written { place, token });
        }
        self.end(number, token, true);
    }

    fn begin_read(&mut self, isolate: usize) {
        let node = &mut self.nodes[isolate];
        if let Some(exchange) = node.exchange {
            node.lifecycle.store_read_begins(self.now, exchange);
        }
        let place = node.place;
        let least_ms = if self.kv.is_hot(place, self.now) {
            KV_HOT_MS
        } else {
            KV_COLD_MS + round_trip_to_kv_ms(self.place(isolate))
        };
        let latency_ms = self.chance.latency(least_ms);
        self.after(latency_ms, Event::Read(isolate));
    }

    pub(super) fn read(&mut self, isolate: usize) {
        let jitter = self.chance.share();
        let (now, lifetime_ms) = (self.now, self.setting.lifetime_ms);
        let node = &mut self.nodes[isolate];
        let Some(exchange) = node.exchange else {
            return;
        };
        let stored = self.kv.read(node.place, now).filter(|stored| now < stored.ends_ms);
        let next = match stored {
            Some(token) => {
                let new = NewToken { expires_in_ms: token.ends_ms - now, lifetime_ms, jitter };
                node.lifecycle.store_hit(now, exchange, new)
            }
            None => node.lifecycle.store_miss(now, exchange),
        };
        match (next, stored) {
            (LeaderAction::Exchange { deadline_ms }, _) => self.ask_service(isolate, deadline_ms),
            (next, Some(token)) => self.settle(isolate, token, false, &next),
            (_, None) => {}
        }
    }

    fn ask_object(&mut self, isolate: usize) {
        let Some(timeout_ms) = self.begin_attempt(isolate) else {
            return;
        };
        if !self.object_exists {
            let object = self.object();
            self.nodes[object].place = self.nodes[isolate].place;
            self.object_exists = true;
        }
        self.nodes[isolate].question += 1;
        let question = Question { isolate, number: self.nodes[isolate].question };
        let latency_ms = self.hop_ms(isolate);
        self.after(latency_ms, Event::Reached(question));
        self.after(timeout_ms, Event::TimedOut(question));
    }

    pub(super) fn reached(&mut self, question: Question) {
        match self.turns.take(self.now) {
            Some(turn_ms) => self.after(turn_ms - self.now, Event::Turn(question)),
            None => self.answer(question, Event::Refused(question)),
        }
    }

    /// The object answers an isolate.
    pub(super) fn answer(&mut self, question: Question, answer: Event) {
        let latency_ms = self.hop_ms(question.isolate);
        self.after(latency_ms, answer);
    }

    /// Takes the exchange that still waits for the answer to this question.
    fn take(&mut self, Question { isolate, number }: Question) -> Option<u32> {
        let node = &mut self.nodes[isolate];
        let exchange = node.exchange.filter(|_| node.question == number)?;
        node.question += 1;
        Some(exchange)
    }

    pub(super) fn answered(&mut self, question: Question, token: Token, exchanged: bool) {
        if self.take(question).is_some() {
            self.end(question.isolate, token, exchanged);
        }
    }

    /// The object has no token, or is overloaded.
    pub(super) fn refused(&mut self, question: Question) {
        if let Some(exchange) = self.take(question) {
            let error = Error::new(Code::ServiceUnavailable, "refused".to_owned());
            self.nodes[question.isolate].lifecycle.failed_at_coordinator(self.now, exchange, error);
            self.fails(question.isolate);
        }
    }

    pub(super) fn timed_out(&mut self, question: Question) {
        let Some(exchange) = self.take(question) else {
            return;
        };
        let error = Error::deadline_exceeded(self.policy.timeout_ms);
        let jitter = self.chance.share();
        let Question { isolate, .. } = question;
        let (now, node) = (self.now, &mut self.nodes[isolate]);
        let wait_ms = node.attempts.as_mut().and_then(|it| it.wait_ms(now, &error, jitter));
        if let Some(wait_ms) = wait_ms {
            node.lifecycle.progress(now, exchange, now + wait_ms, Some(error));
            let question = Question { isolate, number: node.question };
            self.after(wait_ms, Event::AsksAgain(question));
        } else {
            node.lifecycle.failed(now, exchange, error);
            self.fails(isolate);
        }
    }

    fn fails(&mut self, isolate: usize) {
        let node = &mut self.nodes[isolate];
        node.exchange = None;
        node.hand_out_until_ms = self.now;
        self.wake(isolate);
        self.expect_request(isolate);
    }

    pub(super) fn asks_again(&mut self, question: Question) {
        if self.take(question).is_some() {
            self.ask_object(question.isolate);
        }
    }

    /// An exchange has brought a token. `exchanged` is whether the service was asked.
    pub(super) fn end(&mut self, number: usize, token: Token, exchanged: bool) {
        let jitter = self.chance.share();
        let (now, lifetime_ms) = (self.now, self.setting.lifetime_ms);
        let node = &mut self.nodes[number];
        let Some(exchange) = node.exchange else {
            return;
        };
        let new = NewToken { expires_in_ms: token.ends_ms - now, lifetime_ms, jitter };
        let next = node.lifecycle.succeeded(now, exchange, new);
        self.settle(number, token, exchanged, &next);
    }

    fn settle(&mut self, number: usize, token: Token, exchanged: bool, next: &LeaderAction) {
        let now = self.now;
        let node = &mut self.nodes[number];
        node.exchange = None;
        node.exchanged = exchanged;
        if let LeaderAction::Done { token: Some(_), hand_out_for_ms, .. } = next {
            node.token = Some(token);
            node.hand_out_until_ms = now + hand_out_for_ms;
        }
        let hand_out_for_ms = node.hand_out_until_ms - now;
        self.wake(number);
        if number == self.object() {
            self.after(hand_out_for_ms, Event::Alarm);
        } else {
            self.expect_request(number);
        }
    }

    /// Returns the latency of one way between an isolate and the object.
    fn hop_ms(&mut self, isolate: usize) -> i64 {
        let round_trip_ms = round_trip_ms(self.place(isolate), self.place(self.object()));
        self.chance.latency(round_trip_ms / 2.0)
    }

    fn place(&self, number: usize) -> Point {
        self.places[self.nodes[number].place]
    }
}
