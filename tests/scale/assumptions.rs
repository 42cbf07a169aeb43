//! What the model takes for granted. `docs/scale.md` says where each figure is from.

use pay4power_auth::lifecycle::Policy;

pub const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How long a fleet is watched.
pub const WATCHED_MS: i64 = 48 * HOUR_MS;
/// A deployment replaces all isolates within this.
pub const ROLLOUT_MS: i64 = 30 * SECOND_MS;
/// The first hour counts as the start, the others as what comes after.
pub const START_MS: i64 = HOUR_MS;

/// The mean between two requests to an isolate.
pub const BETWEEN_REQUESTS_MS: i64 = SECOND_MS;
/// The mean life of an isolate.
pub const ISOLATE_LIFE_MS: i64 = 3 * HOUR_MS;

/// How many places there are, once there are isolates enough.
pub const PLACES: usize = 330;
/// A round trip takes this, and 1 ms more for every so many kilometres.
pub const NEAREST_MS: f64 = 5.0;
pub const KILOMETRES_PER_MS: f64 = 60.0;
/// The mean by which a latency exceeds the least there is, as a share of that.
pub const TAIL: f64 = 0.1;

/// An exchange opens a connection (TCP, TLS 1.3), asks, and is worked on.
pub const ROUND_TRIPS_OF_AN_EXCHANGE: f64 = 3.0;
pub const EXCHANGE_WORK_MS: f64 = 100.0;

/// A read of what the place has cached; one that has not adds the way to the central store.
pub const KV_HOT_MS: f64 = 5.0;
pub const KV_COLD_MS: f64 = 50.0;
/// How long a place keeps what it has read, a miss too.
pub const KV_CACHED_MS: i64 = 60 * SECOND_MS;
/// KV refuses a write to a key so soon after another.
pub const KV_BETWEEN_WRITES_MS: i64 = SECOND_MS;

/// The object serves one request after another, each in this time.
pub const OBJECT_WORK_MS: i64 = 1;
/// It refuses what would have to wait longer for its turn.
pub const OBJECT_QUEUE_MS: i64 = 5 * SECOND_MS;

/// The package's defaults.
pub const POLICY: Policy = Policy {
    timeout_ms: 10_000,
    retries: 2,
    deadline_ms: 30_000,
    refresh_ahead: 0.2,
    has_store: false,
};
/// The object's clients refresh later than the object, so that it is always ahead of them.
pub const CLIENT_POLICY: Policy = Policy { refresh_ahead: 0.1, ..POLICY };
