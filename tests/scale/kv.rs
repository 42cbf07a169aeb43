//! One key of Workers KV: a central store, and a cache in each place.

use crate::assumptions::{KV_BETWEEN_WRITES_MS, KV_CACHED_MS};

/// A token. The model needs only its expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token {
    pub ends_ms: i64,
}

#[derive(Clone, Copy, Default)]
struct Cached {
    token: Option<Token>,
    until_ms: i64,
}

pub struct Kv {
    central: Option<Token>,
    writable_from_ms: i64,
    places: Vec<Cached>,
}

impl Kv {
    pub fn new(places: usize) -> Self {
        Self { central: None, writable_from_ms: 0, places: vec![Cached::default(); places] }
    }

    /// Returns whether the place has a cached value.
    pub fn is_hot(&self, place: usize, now: i64) -> bool {
        now < self.places[place].until_ms
    }

    pub fn read(&mut self, place: usize, now: i64) -> Option<Token> {
        if !self.is_hot(place, now) {
            self.places[place] = Cached { token: self.central, until_ms: now + KV_CACHED_MS };
        }
        self.places[place].token
    }

    /// Writes a token. The last write wins, and is visible in its own place at once. A write too soon
    /// after another is ignored.
    pub fn write(&mut self, place: usize, token: Token, now: i64) {
        if now >= self.writable_from_ms {
            self.writable_from_ms = now + KV_BETWEEN_WRITES_MS;
            self.central = Some(token);
            self.places[place] = Cached { token: self.central, until_ms: now + KV_CACHED_MS };
        }
    }
}
