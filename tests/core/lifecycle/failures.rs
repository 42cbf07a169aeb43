use pay4power_auth::error::Code;
use pay4power_auth::lifecycle::{Ask, Reason};

use super::story::{HOUR_MS, POLICY, Story, asking_for, failure, network};

#[test]
fn a_failure_is_remembered_from_a_second_doubling_to_a_minute() {
    let mut story = Story::new(POLICY);
    for memory in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        story.tries(network());
        story.refuses(&network());
        story.passes(memory - 1).refuses(&network());
        story.passes(1);
    }
    assert_eq!(story.starts().reason, Reason::Failure);
}

#[test]
fn a_failure_that_no_retry_mends_is_remembered_too() {
    let mut story = Story::new(POLICY);
    story.tries(failure(Code::BadResponse));
    story.passes(999).refuses(&failure(Code::BadResponse));
    story.passes(1).starts();
}

#[test]
fn a_success_ends_the_doubling() {
    let mut story = Story::new(POLICY);
    story.tries(network());
    story.passes(1_000).tries(network());
    story.passes(2_000).gets_token(60_000);
    story.machine.invalidate(None);
    story.tries(network());
    story.passes(999).refuses(&network());
    story.passes(1).starts();
}

#[test]
fn refreshes_that_failed_do_not_make_the_first_failure_without_a_token_last_longer() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000).tries(network());
    while story.now < 3_420_000 {
        story.passes(60_000).tries(network());
    }
    story.is_at(HOUR_MS).tries(network());
    story.refuses(&network());
    story.passes(999).refuses(&network());
    story.passes(1).starts();
}

#[test]
fn a_failure_is_remembered_as_long_as_the_service_asks_and_says_how_long() {
    let mut story = Story::new(POLICY);
    story.tries(asking_for(45_000));
    story.passes(44_999).refuses(&asking_for(45_000));
    story.passes(1).starts();

    // What was asked for is less than the memory.
    let mut story = Story::new(POLICY);
    story.tries(asking_for(999));
    story.passes(999).refuses(&asking_for(999));
    story.passes(1).starts();
}

#[test]
fn an_absurd_wait_that_was_asked_for_does_no_harm() {
    let mut story = Story::new(POLICY);
    story.tries(asking_for(i64::MAX));
    story.is_at(1_000_000 * HOUR_MS).refuses(&asking_for(i64::MAX));
    story.machine.reset();
    story.starts();
}

#[test]
fn all_who_wait_fail_with_what_the_exchange_failed_with() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    story.passes(100).waits();
    story.passes(100).fails(exchange, network());
    for asked_at_ms in [0, 100] {
        assert_eq!(story.ask_again(asked_at_ms), Ask::Fail { error: network() });
    }
}

#[test]
fn reset_forgets_failures_and_backoffs() {
    let mut story = Story::new(POLICY);
    story.tries(network());
    assert!(!story.machine.reset(), "no circuit was open");
    story.tries(network());
    story.passes(999).refuses(&network());
    story.passes(1).gets_token(HOUR_MS);
    story.passes(2_880_000).tries(network());
    story.machine.reset();
    story.tries(network());
    story.passes(4_999).hands_out(1);
    story.passes(1).starts();
}
