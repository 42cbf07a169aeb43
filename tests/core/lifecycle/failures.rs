use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::Reason;

use super::story::{HOUR_MS, POLICY, Story, asking_for, failure, network, rejected};

#[test]
fn a_failure_is_remembered_from_a_second_doubling_to_a_minute() {
    let mut story = Story::new(POLICY);
    for memory in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        story.tries(network());
        story.fails_at_once_for(&network(), memory);
        story.passes(memory - 1).fails_at_once_for(&network(), 1);
        story.passes(1);
    }
    assert_eq!(story.starts().reason, Reason::Failure);
}

#[test]
fn a_failure_that_is_not_retryable_is_remembered_too() {
    let mut story = Story::new(POLICY);
    story.tries(failure(Code::BadResponse));
    story.passes(999).fails_at_once(&failure(Code::BadResponse));
    story.passes(1).starts();
}

#[test]
fn a_success_ends_the_doubling() {
    let mut story = Story::new(POLICY);
    story.tries(network());
    story.passes(1_000).tries(network());
    story.passes(2_000).gets_token(60_000);
    story.lifecycle.invalidate(None);
    story.tries(network());
    story.passes(999).fails_at_once(&network());
    story.passes(1).starts();
}

#[test]
fn refreshes_that_failed_do_not_make_the_first_failure_without_a_token_last_longer() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000).tries(network());
    while story.monotonic_ms < 3_420_000 {
        story.passes(60_000).tries(network());
    }
    story.is_at(HOUR_MS).tries(network());
    story.fails_at_once(&network());
    story.passes(999).fails_at_once(&network());
    story.passes(1).starts();
}

#[test]
fn a_failure_is_remembered_as_long_as_the_service_asks() {
    let mut story = Story::new(POLICY);
    story.tries(asking_for(45_000));
    story.passes(44_999).fails_at_once(&asking_for(45_000));
    story.passes(1).starts();

    // The service asks for less than the backoff.
    let mut story = Story::new(POLICY);
    story.tries(asking_for(999));
    story.passes(999).fails_at_once(&asking_for(999));
    story.passes(1).starts();
}

#[test]
fn whatever_the_service_asks_a_failure_is_remembered_for_ten_minutes_at_most() {
    const TEN_YEARS_MS: i64 = 10 * 365 * 24 * HOUR_MS;
    for asked_ms in [600_001, TEN_YEARS_MS, i64::MAX] {
        for error in [asking_for(asked_ms), Error { retry_after_ms: Some(asked_ms), ..rejected() }]
        {
            let mut story = Story::new(POLICY);
            story.tries(error.clone());
            story.fails_at_once_for(&error, 600_000);
            story.passes(599_999).fails_at_once_for(&error, 1);
            story.passes(1).starts();

            // A refresh is not delayed for longer either.
            let mut story = Story::with_token(HOUR_MS);
            story.is_at(2_880_000).tries(error);
            story.passes(599_999).ask();
            story.is_at(2_880_000 + 600_000).starts();
        }
    }
}

#[test]
fn a_waiting_caller_gets_no_remaining_time_and_a_later_one_does() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    story.passes(100).waits();
    story.passes(100).fails(exchange, asking_for(45_000));
    story.fails_after_waiting(0, &asking_for(45_000));
    story.fails_after_waiting(100, &asking_for(45_000));
    story.fails_at_once_for(&asking_for(45_000), 45_000);
    story.passes(44_000).fails_at_once_for(&asking_for(45_000), 1_000);
    // The service asks for less than the backoff.
    let mut story = Story::new(POLICY);
    story.tries(asking_for(200));
    story.passes(200).fails_at_once_for(&asking_for(200), 800);
}

#[test]
fn a_suspension_shortens_the_remaining_time() {
    let mut story = Story::new(POLICY);
    story.reads_both();
    story.tries(asking_for(45_000));
    story.passes_on_both(1_000, 31_000).fails_at_once_for(&asking_for(45_000), 14_000);
}

#[test]
fn a_coordinators_failure_says_how_long_the_coordinator_remembers_it() {
    for (asked_ms, left_ms) in [(None, 1_000), (Some(25_000), 25_000), (Some(i64::MAX), 600_000)] {
        let error = Error { retry_after_ms: asked_ms, ..rejected() };
        let mut story = Story::new(POLICY);
        let exchange = story.leads();
        story.lifecycle.failed_at_coordinator(story.monotonic_ms, exchange, error.clone());
        story.fails_at_once_for(&error, left_ms);
        story.passes(999).fails_at_once_for(&error, left_ms - 999);
        story.passes(1).starts();
    }
}

#[test]
fn all_waiting_callers_fail_with_the_error_of_the_exchange() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    story.passes(100).waits();
    story.passes(100).fails(exchange, network());
    for asked_at_ms in [0, 100] {
        story.fails_after_waiting(asked_at_ms, &network());
    }
}

#[test]
fn reset_forgets_failures_and_backoffs() {
    let mut story = Story::new(POLICY);
    story.tries(network());
    assert!(!story.lifecycle.reset(), "no circuit was open");
    story.tries(network());
    story.passes(999).fails_at_once(&network());
    story.passes(1).gets_token(HOUR_MS);
    story.passes(2_880_000).tries(network());
    story.lifecycle.reset();
    story.tries(network());
    story.passes(4_999).hands_out(1);
    story.passes(1).starts();
}
