//! The events of one run, drawn from a seed: of the service, the callers and the clock.

use fastrand::Rng;
use pay4power_auth::lifecycle::Policy;

use crate::draw::{For, chances, often, pick};
use crate::store::Sharing;

/// The plan of one caller.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub arrives_ms: i64,
    /// When it leaves, if it still waits for its first token.
    pub leaves_ms: Option<i64>,
    /// True if it leaves. Otherwise it waits to the end and ignores the answer.
    pub leaves: bool,
    /// How often it asks for another token after an answer, each time after `pause_ms`.
    pub comes_again: u32,
    pub pause_ms: i64,
}

/// An event outside the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Incident {
    /// The service revokes all tokens.
    Revoked,
    /// Both clocks are set ahead or back, by milliseconds.
    Jumps(i64),
    /// The machine sleeps, for milliseconds. Only the wall clock shows it.
    Sleeps(i64),
    /// The user calls `reset`.
    Reset,
    /// The user calls `invalidate`.
    Invalidated,
}

/// The plan of one run.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub policy: Policy,
    pub retries: u32,
    pub lifetime_ms: i64,
    pub latency_ms: (i64, i64),
    pub callers: Vec<Caller>,
    pub incidents: Vec<(i64, Incident)>,
    /// True if a caller asks just before and just after the clock jumps.
    pub busy: bool,
    /// When the service rejects the keys: from and to, in milliseconds.
    pub keys_wrong_ms: (i64, i64),
    /// How many of 100 attempts fail.
    pub faults: u32,
    /// How many of 100 steps of a leader it does not reach: it vanishes or sleeps before.
    pub vanishings: u32,
    /// How many of 100 requests get a 401 with any token.
    pub rejected_requests: u32,
    /// How many of 100 exchanges return an earlier token that is still valid.
    pub repeats: u32,
    /// The answers of the store, if there is one.
    pub sharing: Option<Sharing>,
    /// True if a coordinator between client and service retries by itself.
    pub coordinated: bool,
}

impl Schedule {
    pub fn draw(seed: u64) -> Self {
        let mut others = chances(seed, For::Sharing, 0, 0);
        let sharing = Sharing::draw(&mut others);
        let coordinated = often(&mut others, if sharing.is_some() { 15 } else { 5 });
        let mut rng = Rng::with_seed(seed);
        let lifetime_ms = pick(&mut rng, &[3_000, 3_000, 10_000, 60_000, 3_600_000]);
        let span_ms = lifetime_ms * rng.i64(1..=4);
        let keys_wrong = often(&mut rng, 15);
        let wrong_from = if keys_wrong { rng.i64(0..=span_ms) } else { i64::MAX };
        let wrong_for = pick(&mut rng, &[span_ms, 100_000, 1_000_000]);
        let troubled = often(&mut rng, 50);
        let timeout_ms = rng.i64(500..=10_000);
        let retries = rng.u32(0..4);
        Self {
            seed,
            policy: Policy {
                timeout_ms,
                deadline_ms: rng.i64(1_000..=30_000),
                refresh_ahead: pick(&mut rng, &[0.0, 0.2, 0.2, 0.5, 0.9]),
                has_store: sharing.is_some(),
            },
            retries,
            lifetime_ms,
            latency_ms: pick(&mut rng, &[(1, 30), (50, 300), (300, 400), (10, 4_000)]),
            callers: callers(&mut rng, span_ms),
            incidents: incidents(&mut rng, span_ms, lifetime_ms)
                .into_iter()
                .chain(sleeps(seed, span_ms, lifetime_ms))
                .collect(),
            busy: rng.bool(),
            keys_wrong_ms: (wrong_from, wrong_from.saturating_add(rng.i64(0..=wrong_for))),
            faults: if troubled { rng.u32(0..=80) } else { 0 },
            vanishings: if troubled { rng.u32(0..=30) } else { 0 },
            rejected_requests: if often(&mut rng, 20) { rng.u32(0..=50) } else { 0 },
            repeats: if often(&mut rng, 20) { rng.u32(0..=100) } else { 0 },
            sharing,
            coordinated,
        }
    }

    /// Returns the same plan without the events that make one caller's result depend on another
    /// caller: a waiting caller detects a vanished leader, an asking one a jump of the clock or a sleep,
    /// and a waiting one that a stored token's refresh is due.
    pub fn monotonic(mut self) -> Self {
        self.vanishings = 0;
        if self.sharing.is_some() {
            self.policy.refresh_ahead = self.policy.refresh_ahead.min(0.2);
        }
        let is_of_the_clock =
            |incident| matches!(incident, Incident::Jumps(_) | Incident::Sleeps(_));
        self.incidents.retain(|(_, incident)| !is_of_the_clock(*incident));
        self
    }

    /// Returns the same plan, in which callers wait to the end instead of leaving.
    pub fn patient(mut self) -> Self {
        for caller in &mut self.callers {
            caller.leaves = false;
        }
        self
    }
}

fn callers(rng: &mut Rng, span_ms: i64) -> Vec<Caller> {
    let count = match rng.u32(0..2_000) {
        0 => 5_000,
        1..5 => 1_000,
        _ => rng.usize(1..40),
    };
    let bursts: Vec<i64> = (0..rng.usize(1..5)).map(|_| rng.i64(0..=span_ms)).collect();
    (0..count)
        .map(|_| {
            let arrives_ms = if rng.bool() { pick(rng, &bursts) } else { rng.i64(0..=span_ms) };
            let stays_ms = rng.i64(0..3_000);
            Caller {
                arrives_ms,
                leaves_ms: often(rng, 20).then_some(arrives_ms + stays_ms),
                leaves: true,
                comes_again: if often(rng, 30) { rng.u32(1..4) } else { 0 },
                pause_ms: rng.i64(0..=span_ms / 4),
            }
        })
        .collect()
}

fn sleeps(seed: u64, span_ms: i64, lifetime_ms: i64) -> Vec<(i64, Incident)> {
    let mut rng = chances(seed, For::Sleep, 0, 0);
    let count = if often(&mut rng, 25) { rng.usize(1..4) } else { 0 };
    let sleep = |rng: &mut Rng| {
        let most = pick(rng, &[1_000, lifetime_ms, 2 * lifetime_ms, 700_000]);
        (rng.i64(0..=span_ms), Incident::Sleeps(rng.i64(1..=most)))
    };
    (0..count).map(|_| sleep(&mut rng)).collect()
}

fn incidents(rng: &mut Rng, span_ms: i64, lifetime_ms: i64) -> Vec<(i64, Incident)> {
    let mut incidents = Vec::new();
    for (of_100, kind) in [(30, 0), (30, 1), (10, 2), (10, 3)] {
        let count = if often(rng, of_100) { rng.usize(1..4) } else { 0 };
        for _ in 0..count {
            let incident = match kind {
                0 => Incident::Revoked,
                1 => {
                    let most = pick(rng, &[1_000, 3_000, lifetime_ms, lifetime_ms.max(20_000)]);
                    let by_ms = rng.i64(1..=most);
                    Incident::Jumps(if often(rng, 40) { by_ms } else { -by_ms })
                }
                2 => Incident::Reset,
                _ => Incident::Invalidated,
            };
            incidents.push((rng.i64(0..=span_ms), incident));
        }
    }
    incidents
}
