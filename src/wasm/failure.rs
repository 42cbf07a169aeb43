//! Errors in JavaScript, with the parts that decide about retries.

use serde::{Serialize, Serializer};
use wasm_bindgen::prelude::*;

use super::value::{error_record, get};
use crate::error::{Code, Error};
use crate::lifecycle::Failure;
use crate::numbers::floor;

/// An error of the package, or the record of one. It goes back to JavaScript unchanged.
#[derive(Clone)]
pub struct JsFailure {
    error: JsValue,
    rejects_keys: bool,
    is_retryable: bool,
    expired_on_arrival: bool,
    retry_after_ms: i64,
}

impl JsFailure {
    pub fn new(error: JsValue) -> Self {
        let code = get(&error, "code").as_string();
        let is = |other: Code| code.as_deref() == Some(other.as_str());
        let is_retryable = get(&error, "retryable").is_truthy();
        Self {
            rejects_keys: is(Code::CredentialsRejected),
            expired_on_arrival: is(Code::TokenUnusable) && is_retryable,
            is_retryable,
            retry_after_ms: get(&error, "retryAfterMs")
                .as_f64()
                .and_then(floor)
                .unwrap_or_default(),
            error,
        }
    }
}

impl From<JsFailure> for JsValue {
    fn from(failure: JsFailure) -> Self {
        failure.error
    }
}

impl Failure for JsFailure {
    fn rejects_keys(&self) -> bool {
        self.rejects_keys
    }

    fn is_retryable(&self) -> bool {
        self.is_retryable
    }

    fn expired_on_arrival(&self) -> bool {
        self.expired_on_arrival
    }

    fn retry_after_ms(&self) -> i64 {
        self.retry_after_ms
    }

    fn deadline_exceeded(deadline_ms: i64) -> Self {
        let error = Error::deadline_exceeded(deadline_ms);
        Self::new(error_record::<()>(&error.into(), &JsValue::UNDEFINED))
    }
}

impl Serialize for JsFailure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_wasm_bindgen::preserve::serialize(&self.error, serializer)
    }
}
