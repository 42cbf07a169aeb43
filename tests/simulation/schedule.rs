//! What happens in one run, drawn from a seed: the service, the callers, the clock.

use fastrand::Rng;
use pay4power_auth::lifecycle::Policy;

/// A caller's doings, decided beforehand, so that whether it leaves changes no other draw.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub arrives_ms: i64,
    /// When it gives up waiting, if it does.
    pub leaves_ms: Option<i64>,
}

/// Everything about one run.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub policy: Policy,
    pub lifetime_ms: i64,
    pub latency_ms: (i64, i64),
    pub callers: Vec<Caller>,
    /// When every token so far is revoked.
    pub revocations_ms: Vec<i64>,
    /// When the clock jumps, and by how much.
    pub jumps: Vec<(i64, i64)>,
    /// While the service rejects the keys.
    pub keys_wrong_ms: (i64, i64),
    /// When somebody says that the keys were put right.
    pub reset_ms: Option<i64>,
    /// Of 100 attempts, how many fail.
    pub faults: u32,
    /// Of 100 attempts, how many are never heard of again, for their leader is gone.
    pub vanishings: u32,
    /// Of 100 requests, how many are answered with a 401 whatever the token.
    pub refusals: u32,
}

impl Schedule {
    pub fn draw(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let lifetime_ms = *pick(&mut rng, &[3_000, 10_000, 60_000, 3_600_000]);
        let span_ms = lifetime_ms * rng.i64(1..=4);
        let often = |rng: &mut Rng, of_100: u32| rng.u32(0..100) < of_100;
        let count = if rng.u32(0..500) == 0 { 2_000 } else { rng.usize(1..40) };
        let bursts: Vec<i64> = (0..rng.usize(1..5)).map(|_| rng.i64(0..=span_ms)).collect();
        let callers = (0..count)
            .map(|_| {
                let arrives_ms = if often(&mut rng, 50) {
                    *pick(&mut rng, &bursts)
                } else {
                    rng.i64(0..=span_ms)
                };
                let stays_ms = rng.i64(0..3_000);
                let leaves_ms = often(&mut rng, 20).then_some(arrives_ms + stays_ms);
                Caller { arrives_ms, leaves_ms }
            })
            .collect();
        let some = |rng: &mut Rng, of_100: u32| -> usize {
            if often(rng, of_100) { rng.usize(1..4) } else { 0 }
        };
        let revocations = some(&mut rng, 30);
        let jumps = some(&mut rng, 30);
        let wrong_from = if often(&mut rng, 15) { rng.i64(0..=span_ms) } else { i64::MAX };
        let troubled = often(&mut rng, 50);
        Self {
            seed,
            policy: Policy {
                timeout_ms: rng.i64(500..=10_000),
                retries: rng.u32(0..4),
                deadline_ms: rng.i64(1_000..=30_000),
                refresh_ahead: *pick(&mut rng, &[0.0, 0.2, 0.2, 0.5, 0.9]),
            },
            lifetime_ms,
            latency_ms: *pick(&mut rng, &[(1, 30), (50, 300), (300, 400), (10, 4_000)]),
            callers,
            revocations_ms: (0..revocations).map(|_| rng.i64(0..=span_ms)).collect(),
            jumps: (0..jumps)
                .map(|_| {
                    let by_ms = rng.i64(1_001..=lifetime_ms.max(20_000));
                    (rng.i64(0..=span_ms), if rng.bool() { by_ms } else { -by_ms })
                })
                .collect(),
            keys_wrong_ms: (wrong_from, wrong_from.saturating_add(rng.i64(0..=span_ms))),
            reset_ms: often(&mut rng, 10).then(|| rng.i64(0..=span_ms)),
            faults: if troubled { rng.u32(0..=80) } else { 0 },
            vanishings: if troubled { rng.u32(0..=30) } else { 0 },
            refusals: if often(&mut rng, 20) { rng.u32(0..=50) } else { 0 },
        }
    }

    /// The same without anything that makes one caller's luck depend on another's being there.
    pub fn calm(mut self) -> Self {
        (self.faults, self.vanishings, self.refusals) = (0, 0, 0);
        self.revocations_ms.clear();
        self.jumps.clear();
        // Who stays is handed a token that needs no refresh, and so starts none.
        self.policy.refresh_ahead = 0.0;
        self.lifetime_ms = self.lifetime_ms.max(10_000);
        self.latency_ms = (50, 300);
        (self.policy.timeout_ms, self.policy.deadline_ms) = (5_000, 10_000);
        self
    }

    /// Nobody leaves.
    pub fn patient(mut self) -> Self {
        for caller in &mut self.callers {
            caller.leaves_ms = None;
        }
        self
    }
}

fn pick<'a, T>(rng: &mut Rng, of: &'a [T]) -> &'a T {
    &of[rng.usize(0..of.len())]
}
