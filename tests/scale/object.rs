//! The queue of the Durable Object, which all isolates share.

use crate::assumptions::{OBJECT_QUEUE_MS, OBJECT_WORK_MS};

#[derive(Default)]
pub struct Turns {
    busy_until_ms: i64,
}

impl Turns {
    /// Queues a request that comes now. Returns when it is done, in milliseconds. `None` if it is refused.
    pub fn take(&mut self, now: i64) -> Option<i64> {
        let begins_ms = self.busy_until_ms.max(now);
        if begins_ms - now > OBJECT_QUEUE_MS {
            return None;
        }
        self.busy_until_ms = begins_ms + OBJECT_WORK_MS;
        Some(self.busy_until_ms)
    }
}
