//! The lifecycle in the virtual world of `tests/simulation`, under schedules made of bytes instead of a seed.

use arbitrary::{Result, Unstructured};
use fastrand::Rng;
use pay4power_auth::lifecycle::Lifecycle;
use pay4power_auth_simulation::schedule::{Caller, Incident, Schedule};
use pay4power_auth_simulation::store::Sharing;
use pay4power_auth_simulation::world::run as run_world;

use crate::bytes::pick;

pub fn run(bytes: &[u8]) {
    let Ok(schedule) = draw(&mut Unstructured::new(bytes)) else { return };
    let ended = run_world(Lifecycle::new(schedule.policy), &schedule);
    assert!(ended.is_ok(), "{ended:?} under {schedule:?}");
}

fn draw(bytes: &mut Unstructured<'_>) -> Result<Schedule> {
    // The service and the store draw their answers from this seed.
    let mut schedule = Schedule::draw(u64::from(bytes.arbitrary::<u32>()?));
    let lifetime_ms = pick(bytes, &[3_000, 10_000, 60_000, 3_600_000])?;
    let span_ms = lifetime_ms * bytes.int_in_range(1..=4)?;
    let percent = |bytes: &mut Unstructured<'_>| bytes.int_in_range(0..=100);
    schedule.lifetime_ms = lifetime_ms;
    schedule.sharing = bytes
        .arbitrary::<Option<u16>>()?
        .and_then(|seed| Sharing::draw(&mut Rng::with_seed(u64::from(seed))));
    schedule.coordinated = bytes.ratio(1, 8)?;
    schedule.policy.has_store = schedule.sharing.is_some();
    schedule.policy.refresh_ahead = f64::from(bytes.int_in_range(0..=9)?) / 10.0;
    schedule.policy.timeout_ms = bytes.int_in_range(500..=10_000)?;
    schedule.policy.deadline_ms = bytes.int_in_range(1_000..=30_000)?;
    schedule.retries = bytes.int_in_range(0..=3)?;
    schedule.latency_ms = pick(bytes, &[(1, 30), (50, 300), (300, 400), (10, 4_000)])?;
    schedule.busy = bytes.arbitrary()?;
    let wrong_from_ms = bytes.arbitrary::<Option<u32>>()?.map(i64::from).map(|ms| ms % span_ms);
    let wrong_for_ms = i64::from(bytes.arbitrary::<u32>()?) % 1_000_000;
    let from_ms = wrong_from_ms.unwrap_or(i64::MAX);
    schedule.keys_wrong_ms = (from_ms, from_ms.saturating_add(wrong_for_ms));
    schedule.faults = percent(bytes)?;
    schedule.vanishings = percent(bytes)? / 3;
    schedule.rejected_requests = percent(bytes)? / 2;
    schedule.repeats = percent(bytes)?;

    let moment_ms = |bytes: &mut Unstructured<'_>| bytes.int_in_range(0..=span_ms);
    schedule.callers.clear();
    for _ in 0..bytes.int_in_range(1..=20)? {
        let arrives_ms = moment_ms(bytes)?;
        schedule.callers.push(Caller {
            arrives_ms,
            leaves_ms: bytes
                .arbitrary::<Option<u16>>()?
                .map(|ms| arrives_ms + i64::from(ms % 3_000)),
            leaves: true,
            comes_again: bytes.int_in_range(0..=3)?,
            pause_ms: moment_ms(bytes)? / 4,
        });
    }
    schedule.incidents.clear();
    for _ in 0..bytes.int_in_range(0..=6)? {
        let most_ms = pick(bytes, &[1_000, 3_000, lifetime_ms, 2 * lifetime_ms, 700_000])?;
        let incident = match bytes.int_in_range(0..=5)? {
            0 => Incident::Revoked,
            1 => Incident::Jumps(bytes.int_in_range(1..=most_ms.min(lifetime_ms.max(20_000)))?),
            2 => Incident::Jumps(-bytes.int_in_range(1..=most_ms.min(lifetime_ms.max(20_000)))?),
            3 => Incident::Sleeps(bytes.int_in_range(1..=most_ms)?),
            4 => Incident::Reset,
            _ => Incident::Invalidated,
        };
        schedule.incidents.push((moment_ms(bytes)?, incident));
    }
    Ok(schedule)
}
