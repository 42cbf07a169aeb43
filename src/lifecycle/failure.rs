//! What a lifecycle looks at in an error.

use crate::error::{Code, Error};

/// An error, as far as it decides what comes next. Whoever drives a lifecycle brings its own kind,
/// with whatever else it needs, and gets back what it brought.
pub trait Failure: Clone {
    /// Whether the service does not accept the keys.
    fn rejects_keys(&self) -> bool;
    /// Whether the same call may succeed later, with nothing changed.
    fn is_retryable(&self) -> bool;
    /// Whether there was a token, which was over on arrival.
    fn came_late(&self) -> bool;
    /// How long the service asks to wait, in milliseconds.
    fn retry_after_ms(&self) -> i64;
    /// The one for a caller who has waited for `deadline_ms` and has no token.
    fn too_late(deadline_ms: i64) -> Self;
}

impl Failure for Error {
    fn rejects_keys(&self) -> bool {
        self.code == Code::CredentialsRejected
    }

    fn is_retryable(&self) -> bool {
        self.retryable
    }

    fn came_late(&self) -> bool {
        self.code == Code::TokenUnusable && self.retryable // no other one is
    }

    fn retry_after_ms(&self) -> i64 {
        self.retry_after_ms.unwrap_or_default()
    }

    fn too_late(deadline_ms: i64) -> Self {
        Self::too_late(deadline_ms)
    }
}
