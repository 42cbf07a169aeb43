//! What the core gets from its host: parsed JSON and parsed addresses. Here they come from `serde_json` and `url`.

use pay4power_auth::json::Json;
use pay4power_auth::options::Address;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

/// JSON as `serde_json` parses it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Value(pub serde_json::Value);

impl Json for Value {
    fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn stringify(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn kind(&self) -> &'static str {
        match self.0 {
            serde_json::Value::Null => "null",
            serde_json::Value::Bool(_) => "a boolean",
            serde_json::Value::Number(_) => "a number",
            serde_json::Value::String(_) => "a string",
            serde_json::Value::Array(_) => "an array",
            serde_json::Value::Object(_) => "an object",
        }
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        self.0.is_object().then(|| T::deserialize(&self.0).ok()).flatten()
    }
}

pub fn parse_address(text: &str) -> Option<Address> {
    let url = Url::parse(text).ok()?;
    Some(Address {
        href: url.as_str().to_owned(),
        scheme: url.scheme().to_owned(),
        host: url.host_str().unwrap_or_default().to_owned(),
        has_user_info: !url.username().is_empty() || url.password().is_some(),
    })
}
