//! The part of an error that a lifecycle reads.

use crate::error::{Code, Error};

/// An error, as far as it decides what happens next. A driver may use its own type of error; the
/// lifecycle returns it unchanged.
pub trait Failure: Clone {
    /// Returns whether the service has rejected the keys.
    fn rejects_keys(&self) -> bool;
    /// Returns whether the same call may succeed later.
    fn is_retryable(&self) -> bool;
    /// Returns whether the answer's token had expired by the time it arrived.
    fn expired_on_arrival(&self) -> bool;
    /// Returns how long the service asks to wait, in milliseconds.
    fn retry_after_ms(&self) -> i64;
    /// Returns the error for a caller that has waited for `deadline_ms` milliseconds without a token.
    fn deadline_exceeded(deadline_ms: i64) -> Self;
}

impl Failure for Error {
    fn rejects_keys(&self) -> bool {
        self.code == Code::CredentialsRejected
    }

    fn is_retryable(&self) -> bool {
        self.retryable
    }

    fn expired_on_arrival(&self) -> bool {
        self.code == Code::TokenUnusable && self.retryable // every other unusable token is final
    }

    fn retry_after_ms(&self) -> i64 {
        self.retry_after_ms.unwrap_or_default()
    }

    fn deadline_exceeded(deadline_ms: i64) -> Self {
        Self::deadline_exceeded(deadline_ms)
    }
}
