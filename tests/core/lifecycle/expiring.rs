use pay4power_auth::error::Code;
use pay4power_auth::lifecycle::{CallerAction, Policy, Reason};

use super::story::{HOUR_MS, POLICY, Story, asking_for, failure, network, rejected};

#[test]
fn an_expiring_token_is_waited_over_for_a_second_and_then_handed_out() {
    let mut story = Story::with_token(HOUR_MS);
    let wait_point = HOUR_MS - 30_000;
    let CallerAction::Start { start, wait_ms, asked_at_ms } = story.is_at(wait_point).ask() else {
        panic!("an exchange is made first")
    };
    assert_eq!((start.reason, wait_ms, asked_at_ms), (Reason::Expiry, 1_000, wait_point));
    story.attempts(start.exchange).expect("leads");
    let again = story.passes(999).ask_again(asked_at_ms);
    assert_eq!(again, CallerAction::Wait { wait_ms: 1, asked_at_ms });
    let again = story.passes(1).ask_again(asked_at_ms);
    assert_eq!(again, CallerAction::HandOut { token: 1, hand_out_for_ms: 0, start: None });
    // A new caller has a second of its own.
    assert_eq!(story.waits(), 1_000);
}

#[test]
fn an_expiring_token_is_waited_over_no_longer_than_it_lives() {
    for (lifetime, wait_point, dead_point) in
        [(3_000, 2_850, 2_940), (HOUR_MS, 3_570_000, 3_598_000)]
    {
        let mut story = Story::with_token(lifetime);
        story.is_at(wait_point.max(dead_point - 900)).leads();
        assert_eq!(story.is_at(dead_point - 1).waits(), 1, "{lifetime} ms");
        // The token is dead. The caller waits for the exchange, up to its own deadline.
        assert!(story.is_at(dead_point).waits() > 1_000, "{lifetime} ms");
    }
}

#[test]
fn an_expiring_token_is_handed_out_at_once_while_a_backoff_runs() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(HOUR_MS - 30_000).tries(network());
    story.hands_out(1);
    story.passes(4_999).hands_out(1);
    assert!(matches!(story.passes(1).ask(), CallerAction::Start { wait_ms: 1_000, .. }));
}

#[test]
fn an_expiring_token_is_handed_out_at_once_while_the_circuit_is_open() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(HOUR_MS - 30_000).tries(rejected());
    story.hands_out(1);
    story.is_at(HOUR_MS - 2_001).hands_out(1);
    story.passes(1).fails_at_once(&rejected());
}

#[test]
fn a_new_token_ends_the_wait_over_an_expiring_one() {
    let mut story = Story::with_token(HOUR_MS);
    let exchange = story.is_at(HOUR_MS - 30_000).leads();
    story.passes(300).brings(exchange, HOUR_MS);
    story.hands_out(2);
}

#[test]
fn an_expired_token_is_never_handed_out() {
    for (lifetime, dead_point) in [(3_000, 2_940), (60_000, 58_800), (HOUR_MS, 3_598_000)] {
        let mut story = Story::with_token(lifetime);
        let CallerAction::Start { wait_ms, start, .. } = story.is_at(dead_point).ask() else {
            panic!("{lifetime} ms: an exchange is made first")
        };
        assert_eq!((start.reason, wait_ms), (Reason::Expiry, 10_250));
    }
}

#[test]
fn a_caller_that_waits_over_an_expired_token_fails_with_the_error_of_the_exchange() {
    let mut story = Story::with_token(60_000);
    let exchange = story.is_at(58_800).leads();
    story.waits();
    story.passes(200).fails(exchange, failure(Code::ServiceUnavailable));
    story.fails_after_waiting(58_800, &failure(Code::ServiceUnavailable));
}

#[test]
fn a_backoff_ends_with_the_token_and_a_wait_that_was_asked_for_does_not() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(HOUR_MS - 2_001).tries(network());
    story.hands_out(1);
    assert_eq!(story.passes(1).starts().reason, Reason::Expiry);

    let mut story = Story::with_token(HOUR_MS);
    story.is_at(HOUR_MS - 2_001).tries(asking_for(31_000));
    story.passes(1).fails_at_once(&asking_for(31_000));
    story.passes(30_998).fails_at_once(&asking_for(31_000));
    story.passes(1).starts();
}

#[test]
fn without_refresh_ahead_the_refresh_begins_at_the_wait_point() {
    let mut story = Story::new(Policy { refresh_ahead: 0.0, ..POLICY });
    story.gets_token(60_000);
    story.is_at(56_999).hands_out(1);
    assert!(matches!(story.is_at(57_000).ask(), CallerAction::Start { wait_ms: 1_000, .. }));
}
