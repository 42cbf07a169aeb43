//! What the benches in `benches/` are made with.

use pay4power_auth::json::Json;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// JSON as this host has it. In JavaScript it is an object that the core never copies.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Value(pub serde_json::Value);

impl Json for Value {
    fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn stringify(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn kind(&self) -> &'static str {
        if self.0.is_object() { "an object" } else { "something else" }
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        self.0.is_object().then(|| T::deserialize(&self.0).ok()).flatten()
    }
}

/// The contract's example of an answer.
pub fn answer() -> Value {
    Value::parse(include_str!("../../tests/contract/response.json")).expect("JSON")
}

/// The token in it.
pub fn token() -> String {
    answer().0["data"]["token"].as_str().expect("a token").to_owned()
}
