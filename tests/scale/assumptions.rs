//! The assumptions of the model. `docs/scale.md` has the source of each figure.

use std::fmt::Debug;
use std::str::FromStr;

use pay4power_auth::lifecycle::Policy;
use pay4power_auth::options::{DEADLINE_MS, DEFAULT_REFRESH_AHEAD, RETRIES, TIMEOUT_MS};
use pay4power_auth::retry::RetryPolicy;

pub const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How long a fleet is watched.
pub const WATCHED_MS: i64 = 48 * HOUR_MS;
/// A deployment replaces all isolates within this.
pub const ROLLOUT_MS: i64 = 30 * SECOND_MS;
/// How long the start lasts. The rest counts as later.
pub const START_MS: i64 = HOUR_MS;

/// The mean time between two requests to an isolate.
pub const BETWEEN_REQUESTS_MS: i64 = SECOND_MS;
/// The mean life of an isolate.
pub const ISOLATE_LIFE_MS: i64 = 3 * HOUR_MS;

/// The number of places. With fewer isolates, each is in a place of its own.
pub const PLACES: usize = 330;
/// The shortest round trip. A longer one takes 1 ms more for each `KILOMETRES_PER_MS`.
pub const NEAREST_MS: f64 = 5.0;
pub const KILOMETRES_PER_MS: f64 = 60.0;
/// How far a latency exceeds its minimum on average, as a share of the minimum.
pub const TAIL: f64 = 0.1;

/// An exchange opens a connection (TCP, TLS 1.3), sends its request, and takes the service some time.
pub const ROUND_TRIPS_OF_AN_EXCHANGE: f64 = 3.0;
pub const EXCHANGE_WORK_MS: f64 = 100.0;

/// A read from the place's cache. A cold read adds the round trip to the central store.
pub const KV_HOT_MS: f64 = 5.0;
pub const KV_COLD_MS: f64 = 50.0;
/// How long a place caches a read, also a miss.
pub const KV_CACHED_MS: i64 = 60 * SECOND_MS;
/// KV refuses a write to a key that follows another one sooner than this.
pub const KV_BETWEEN_WRITES_MS: i64 = SECOND_MS;

/// How long the object works on each request, one after another.
pub const OBJECT_WORK_MS: i64 = 1;
/// The longest queue of the object. It refuses a request that would wait longer.
pub const OBJECT_QUEUE_MS: i64 = 5 * SECOND_MS;

/// Returns the default policy, of clients and of the object.
pub fn policy() -> Policy {
    Policy {
        timeout_ms: TIMEOUT_MS.default.into(),
        deadline_ms: DEADLINE_MS.default.into(),
        refresh_ahead: DEFAULT_REFRESH_AHEAD,
        has_store: false,
    }
}

/// Returns the default retries, of clients and of the object.
pub fn retry_policy() -> RetryPolicy {
    let Policy { timeout_ms, deadline_ms, .. } = policy();
    RetryPolicy { timeout_ms, retries: RETRIES.default, deadline_ms }
}

/// Returns the policy of the object's clients.
pub fn client_policy() -> Policy {
    Policy {
        timeout_ms: shipped("timeoutMs"),
        deadline_ms: shipped("deadlineMs"),
        refresh_ahead: shipped("refreshAhead"),
        has_store: false,
    }
}

/// Returns the retries of the object's clients.
pub fn client_retry_policy() -> RetryPolicy {
    let Policy { timeout_ms, deadline_ms, .. } = client_policy();
    RetryPolicy { timeout_ms, retries: shipped("retries"), deadline_ms }
}

/// Returns a number of that policy, read from the file that ships it.
fn shipped<T: FromStr<Err: Debug>>(name: &str) -> T {
    const SHIPPED: &str = include_str!("../../npm/cloudflare/coordinator-client.ts");
    let (_, after) = SHIPPED.split_once("const POLICY = {").expect("the policy");
    let (members, _) = after.split_once('}').expect("its end");
    let (_, value) = members.split_once(&format!("{name}: ")).expect(name);
    let number = value.split_once([',', ' ']).map_or(value, |(number, _)| number);
    number.replace('_', "").parse().expect(name)
}
