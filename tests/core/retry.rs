//! The attempts of one exchange: their number, their timeouts, and the waits between them.

use pay4power_auth::error::{Code, Error};
use pay4power_auth::retry::{Attempts, RetryPolicy};

use crate::lifecycle::story::{asking_for, failure, network, rejected};

const PATIENT: RetryPolicy = RetryPolicy { timeout_ms: 10_000, retries: 10, deadline_ms: 30_000 };

/// Returns an exchange whose first attempt has begun, at 0.
fn begun(policy: RetryPolicy) -> Attempts {
    let mut attempts = Attempts::new(policy, 0);
    assert_eq!(attempts.number(), 0);
    assert_eq!(attempts.begin(0), policy.timeout_ms.min(policy.deadline_ms));
    attempts
}

#[test]
fn an_exchange_has_as_many_attempts_as_the_policy_says() {
    for retries in [0, 1, 2, 5] {
        let mut attempts = begun(RetryPolicy { retries, ..PATIENT });
        for retry in 1..=retries {
            assert_eq!(attempts.number(), retry);
            assert_eq!(attempts.wait_ms(0, &network(), 0.0), Some(0));
            assert_eq!(attempts.begin(0), 10_000);
        }
        assert_eq!(attempts.number(), retries + 1);
        assert_eq!(attempts.wait_ms(0, &network(), 0.0), None);
    }
}

#[test]
fn a_failure_that_is_not_retryable_is_not_retried() {
    for error in [failure(Code::BadResponse), rejected()] {
        assert_eq!(begun(PATIENT).wait_ms(0, &error, 0.0), None, "{error}");
    }
}

#[test]
fn waits_between_attempts_have_full_jitter_from_200_ms_doubling_to_5_seconds() {
    let mut attempts = begun(PATIENT);
    let mut now = 0;
    for most in [200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
        for (jitter, expected) in [(0.0, 0), (0.5, most / 2), (1.0, most)] {
            let wait_ms = attempts.wait_ms(now, &network(), jitter);
            assert_eq!(wait_ms, Some(expected), "{most} ms, {jitter}");
        }
        now += most;
        attempts.begin(now);
    }
}

#[test]
fn a_wait_that_is_asked_for_is_honoured_within_the_deadline() {
    // The time since the exchange began, and the rest of its 30,000 ms.
    for (passed, asked, expected) in [
        (0, 29_999, Some(29_999)),
        (0, 30_000, None),
        (0, 30_001, None),
        (10_000, 19_999, Some(19_999)),
        (10_000, 20_000, None),
        (0, i64::MAX, None),
    ] {
        let wait_ms = begun(PATIENT).wait_ms(passed, &asking_for(asked), 1.0);
        assert_eq!(wait_ms, expected, "after {passed} ms, asked for {asked}");
    }
}

#[test]
fn a_wait_that_is_asked_for_never_shortens_the_backoff() {
    assert_eq!(begun(PATIENT).wait_ms(0, &asking_for(199), 1.0), Some(200));
    assert_eq!(begun(PATIENT).wait_ms(0, &asking_for(201), 1.0), Some(201));
}

#[test]
fn one_deadline_is_over_all_attempts_and_cuts_the_last_one_short() {
    let mut attempts = begun(PATIENT);
    assert_eq!(attempts.wait_ms(10_000, &asking_for(14_000), 1.0), Some(14_000));
    assert_eq!(attempts.begin(24_000), 6_000);
    assert_eq!(attempts.wait_ms(30_000, &failure(Code::Timeout), 1.0), None);
}

#[test]
fn a_backoff_that_would_end_at_the_deadline_is_not_begun() {
    let mut attempts = begun(PATIENT);
    assert_eq!(attempts.wait_ms(29_799, &network(), 1.0), Some(200));
    assert_eq!(attempts.wait_ms(29_800, &network(), 1.0), None);
}

#[test]
fn an_attempt_that_begins_late_still_has_a_millisecond() {
    let mut attempts = begun(PATIENT);
    assert_eq!(attempts.begin(29_999), 1);
    assert_eq!(attempts.begin(31_000), 1);
}

#[test]
fn a_deadline_that_is_shorter_than_the_timeout_bounds_the_first_attempt_too() {
    begun(RetryPolicy { deadline_ms: 7_000, ..PATIENT });
}

#[test]
fn the_deadline_counts_from_the_beginning_whatever_the_clock_shows_then() {
    let mut attempts = Attempts::new(PATIENT, -50_000);
    assert_eq!(attempts.begin(-45_000), 10_000);
    assert_eq!(attempts.begin(-22_000), 2_000);
}

#[test]
fn a_clock_that_steps_back_gives_no_more_time() {
    let mut attempts = begun(PATIENT);
    assert_eq!(attempts.wait_ms(10_000, &asking_for(12_000), 1.0), Some(12_000));
    // 12 s later the clock is an hour behind.
    assert_eq!(attempts.begin(10_000 - 3_600_000), 10_000);
    let most = 30_000 - 10_000 - 1;
    let wait_ms = |attempts: &Attempts, asked| {
        attempts.clone().wait_ms(10_000 - 3_600_000, &asking_for(asked), 1.0)
    };
    assert_eq!(wait_ms(&attempts, most), Some(most));
    assert_eq!(wait_ms(&attempts, most + 1), None);
}

#[test]
fn a_token_that_was_over_on_arrival_is_asked_for_again_at_once_and_once() {
    let late = Error { retryable: true, ..Error::new(Code::TokenUnusable, String::new()) };
    for retries in [0, 2] {
        let mut attempts = begun(RetryPolicy { retries, ..PATIENT });
        assert_eq!(attempts.wait_ms(100, &late, 1.0), Some(0));
        attempts.begin(100);
        // It replaces the first attempt.
        for retry in 1..=retries {
            let wait_ms = attempts.wait_ms(100, &network(), 1.0);
            assert_eq!(wait_ms, Some(200 << retry), "{retry} of {retries}");
            attempts.begin(100);
        }
        assert_eq!(attempts.wait_ms(100, &network(), 1.0), None, "{retries} retries");
        assert_eq!(attempts.wait_ms(100, &late, 1.0), None, "{retries} retries");
    }
    let unusable = failure(Code::TokenUnusable);
    let unusable = Error { retryable: false, ..unusable };
    assert_eq!(begun(PATIENT).wait_ms(0, &unusable, 1.0), None);
}

#[test]
fn a_clock_that_was_put_ahead_in_an_attempt_leaves_time_for_another() {
    let late = Error { retryable: true, ..Error::new(Code::TokenUnusable, String::new()) };
    let mut attempts = begun(PATIENT);
    let jumped = 7_200_000;
    assert_eq!(attempts.wait_ms(jumped, &late, 1.0), Some(0));
    assert_eq!(attempts.begin(jumped), 10_000);
    // The attempt counts as having taken its whole timeout.
    assert_eq!(attempts.wait_ms(jumped + 10_000, &asking_for(9_999), 1.0), Some(9_999));
    assert_eq!(attempts.wait_ms(jumped + 10_000, &asking_for(10_000), 1.0), None);
}

#[test]
fn a_token_that_was_over_on_arrival_gives_the_exchange_no_more_time() {
    let late = Error { retryable: true, ..Error::new(Code::TokenUnusable, String::new()) };
    let policy = RetryPolicy { deadline_ms: 10_000, ..PATIENT };
    let mut attempts = begun(policy);
    assert_eq!(attempts.wait_ms(9_999, &late, 1.0), Some(0));
    assert_eq!(attempts.begin(9_999), 1);
    assert_eq!(begun(policy).wait_ms(10_000, &late, 1.0), None);
}
