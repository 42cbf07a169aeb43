use pay4power_auth::expiry::{
    Life, NotValid, StatedLife, Timing, expires_in_ms, is_expired, life_on_own_clock,
};

use crate::support::readings;

const HOUR_MS: i64 = 3_600_000;
/// A whole second, as the service states instants.
const T: i64 = 1_765_634_862_000;

fn timing(received_at_ms: i64, elapsed_ms: i64, date_ms: Option<i64>) -> Timing {
    let sent = readings(received_at_ms - elapsed_ms, 0);
    Timing { sent, received: readings(received_at_ms, elapsed_ms), date_ms, age_ms: 0 }
}

fn hour_from(issued_at_ms: i64) -> StatedLife {
    StatedLife {
        issued_at_ms: Some(issued_at_ms),
        not_before_ms: None,
        expires_at_ms: issued_at_ms + HOUR_MS,
    }
}

fn expiry_on_own_clock(stated: StatedLife, timing: Timing) -> Result<i64, NotValid> {
    life_on_own_clock(stated, timing).map(|life| life.expires_at_ms)
}

#[test]
fn a_lifetime_is_the_whole_one_unless_most_of_it_has_passed() {
    let lifetime = |issued_ago_ms: i64| {
        let issued = T - issued_ago_ms;
        life_on_own_clock(hour_from(issued), timing(T + 80, 80, Some(T)))
    };
    let half = HOUR_MS / 2;
    assert_eq!(lifetime(0), Ok(Life { expires_at_ms: T + HOUR_MS, lifetime_ms: HOUR_MS }));
    assert_eq!(lifetime(half), Ok(Life { expires_at_ms: T + half, lifetime_ms: HOUR_MS }));
    let most = half + 1_000;
    let rest = HOUR_MS - most;
    assert_eq!(lifetime(most), Ok(Life { expires_at_ms: T + rest, lifetime_ms: rest }));
}

#[test]
fn no_token_outlives_a_javascript_date() {
    const FAR_MS: i64 = 9_007_199_254_740_000;
    const LAST_MS: i64 = 8_640_000_000_000_000;
    for issued_at_ms in [-FAR_MS, T] {
        let stated = StatedLife {
            issued_at_ms: Some(issued_at_ms),
            not_before_ms: None,
            expires_at_ms: FAR_MS,
        };
        let life = life_on_own_clock(stated, timing(T + 80, 80, None)).expect("a token in force");
        assert_eq!(life.expires_at_ms, LAST_MS);
        assert!(life.lifetime_ms <= LAST_MS);
    }
}

#[test]
fn where_the_clocks_agree_the_token_ends_when_it_says() {
    for (received, elapsed) in
        [(T, 0), (T + 80, 80), (T + 999, 50), (T + 1_000, 0), (T + 9_000, 8_500)]
    {
        assert_eq!(
            expiry_on_own_clock(hour_from(T), timing(received, elapsed, None)),
            Ok(T + HOUR_MS)
        );
    }
}

#[test]
fn where_the_clocks_disagree_its_life_counts_from_the_request() {
    // A millisecond more than rounding to seconds explains, and hours off in both directions.
    for sent in [T + 1_001, T + 6 * HOUR_MS, T - 6 * HOUR_MS] {
        let end = expiry_on_own_clock(hour_from(T), timing(sent + 80, 80, None));
        assert_eq!(end, Ok(sent + HOUR_MS - 1_000), "sent {}", sent - T);
    }
    // Received a millisecond before the service's time.
    assert_eq!(
        expiry_on_own_clock(hour_from(T), timing(T - 1, 80, None)),
        Ok(T - 81 + HOUR_MS - 1_000)
    );
}

#[test]
fn a_token_handed_out_again_keeps_its_remaining_life_only() {
    let half_hour = HOUR_MS / 2;
    let stated = hour_from(T - half_hour);
    assert_eq!(expiry_on_own_clock(stated, timing(T + 80, 80, Some(T))), Ok(T + half_hour));
    let slow = T - 6 * HOUR_MS;
    let end = expiry_on_own_clock(stated, timing(slow + 80, 80, Some(T)));
    assert_eq!(end, Ok(slow + half_hour - 1_000));
}

#[test]
fn with_neither_iat_nor_date_the_wall_clock_is_believed() {
    let stated = StatedLife { issued_at_ms: None, not_before_ms: None, expires_at_ms: T + HOUR_MS };
    assert_eq!(expiry_on_own_clock(stated, timing(T + 500, 80, None)), Ok(T + HOUR_MS));
}

/// Returns the timing of an exchange that is sent at `T` and received after the clocks have advanced.
fn under_way(wall_ms: i64, monotonic_ms: i64) -> Timing {
    let received = readings(T + wall_ms, monotonic_ms);
    Timing { sent: readings(T, 0), received, date_ms: Some(T), age_ms: 0 }
}

#[test]
fn while_a_machine_sleeps_the_token_under_way_ages() {
    let half_hour = HOUR_MS / 2;
    assert_eq!(expiry_on_own_clock(hour_from(T), under_way(half_hour, 80)), Ok(T + HOUR_MS));
    let last = expiry_on_own_clock(hour_from(T), under_way(HOUR_MS - 1, 80));
    assert_eq!(last, Ok(T + HOUR_MS));
    for slept_ms in [HOUR_MS, 2 * HOUR_MS] {
        let end = expiry_on_own_clock(hour_from(T), under_way(slept_ms, 80));
        assert_eq!(end, Err(NotValid::ExpiredOnArrival), "{slept_ms} ms");
    }
}

#[test]
fn with_neither_iat_nor_date_a_token_under_way_ages_too() {
    let stated = StatedLife { issued_at_ms: None, not_before_ms: None, expires_at_ms: T + HOUR_MS };
    let slept = |ms| expiry_on_own_clock(stated, Timing { date_ms: None, ..under_way(ms, 80) });
    assert_eq!(slept(HOUR_MS - 1), Ok(T + HOUR_MS));
    assert_eq!(slept(HOUR_MS), Err(NotValid::ExpiredOnArrival));
    let ended = StatedLife { expires_at_ms: T, ..stated };
    assert_eq!(expiry_on_own_clock(ended, under_way(80, 80)), Err(NotValid::Expired));
}

#[test]
fn while_a_machine_sleeps_whose_wall_clock_is_wrong_the_token_ages_too() {
    for off_ms in [-6 * HOUR_MS, 6 * HOUR_MS] {
        let slept = |slept_ms: i64| {
            let (sent, received) = (readings(T + off_ms, 0), readings(T + off_ms + slept_ms, 80));
            let timing = Timing { sent, received, date_ms: Some(T), age_ms: 0 };
            expiry_on_own_clock(hour_from(T), timing)
        };
        assert_eq!(slept(HOUR_MS / 2), Ok(T + off_ms + HOUR_MS - 1_000));
        assert_eq!(slept(HOUR_MS - 1_001), Ok(T + off_ms + HOUR_MS - 1_000));
        assert_eq!(slept(HOUR_MS - 1_000), Err(NotValid::ExpiredOnArrival));
    }
}

#[test]
fn a_step_back_of_the_wall_clock_under_way_makes_the_token_live_no_longer() {
    let end = expiry_on_own_clock(hour_from(T), under_way(-6 * HOUR_MS, 80));
    assert_eq!(end, Ok(T - 6 * HOUR_MS - 80 + HOUR_MS - 1_000));
    // Without a monotonic clock, no time seems to pass after the request.
    let end = expiry_on_own_clock(hour_from(T), under_way(-6 * HOUR_MS, -6 * HOUR_MS));
    assert_eq!(end, Ok(T - 6 * HOUR_MS + HOUR_MS - 1_000));
}

#[test]
fn an_answers_age_is_counted() {
    let half_hour = HOUR_MS / 2;
    let old = |made_at_ms: i64, age_ms: i64, sent_at_ms: i64| {
        let timing = Timing { age_ms, ..timing(sent_at_ms + 80, 80, Some(made_at_ms)) };
        expiry_on_own_clock(hour_from(made_at_ms), timing)
    };
    assert_eq!(old(T - half_hour, half_hour, T), Ok(T + half_hour));
    assert_eq!(old(T - HOUR_MS, HOUR_MS, T), Err(NotValid::Expired));
    assert_eq!(old(T, i64::MAX, T), Err(NotValid::Expired));
    // On a clock that is six hours off.
    let off = T + 6 * HOUR_MS;
    assert_eq!(old(T - half_hour, half_hour, off), Ok(off + half_hour - 1_000));
    // An answer without `Date` and `iat` does not say when it was made.
    let silent = StatedLife { issued_at_ms: None, not_before_ms: None, expires_at_ms: T + HOUR_MS };
    let timing = Timing { age_ms: half_hour, ..timing(T + 80, 80, None) };
    assert_eq!(expiry_on_own_clock(silent, timing), Ok(T + HOUR_MS));
}

#[test]
fn a_token_that_has_expired_on_arrival_is_refused() {
    let stated = |expires_at_ms| StatedLife { expires_at_ms, ..hour_from(T) };
    let at = |expires_at_ms| expiry_on_own_clock(stated(expires_at_ms), timing(T + 80, 80, None));
    assert!(at(T).is_err() && at(T - 1_000).is_err());
    assert_eq!(at(T + 1_000), Ok(T + 1_000));
    // Expired by the service's own `Date`, with any clock of this machine.
    let late = timing(T - 6 * HOUR_MS, 80, Some(T + HOUR_MS));
    assert!(expiry_on_own_clock(hour_from(T), late).is_err());
    // Three seconds of life, five of travel.
    assert!(expiry_on_own_clock(stated(T + 3_000), timing(T + 5_000, 5_000, None)).is_err());
}

#[test]
fn nbf_may_be_five_seconds_ahead_of_the_services_now() {
    let at = |not_before_ms| {
        let stated = StatedLife { not_before_ms: Some(not_before_ms), ..hour_from(T) };
        expiry_on_own_clock(stated, timing(T + 80, 80, None))
    };
    assert!(at(T + 5_000).is_ok());
    assert_eq!(at(T + 5_001), Err(NotValid::NotYetValid { starts_in_s: 5 }));
    assert_eq!(at(T + 90_999), Err(NotValid::NotYetValid { starts_in_s: 90 }));
}

#[test]
#[expect(clippy::float_cmp, reason = "whole milliseconds are exact")]
fn a_token_expires_as_long_before_its_end_as_the_leeway_says() {
    assert_eq!(expires_in_ms(90_000.0, 30_000.0), 60_000.0);
    assert_eq!(expires_in_ms(30_000.0, 90_000.0), -60_000.0);
    for (now_ms, leeway_ms, expected) in [
        (89_999.0, 0.0, false),
        (90_000.0, 0.0, true),
        (90_001.0, 0.0, true),
        (59_999.0, 30_000.0, false),
        (60_000.0, 30_000.0, true),
    ] {
        assert_eq!(is_expired(90_000.0, now_ms, leeway_ms), expected, "{now_ms}, {leeway_ms}");
    }
}
