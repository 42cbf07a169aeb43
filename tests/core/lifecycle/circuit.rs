use pay4power_auth::error::Error;
use pay4power_auth::lifecycle::{CallerAction, LeaderAction};

use super::story::{HOUR_MS, POLICY, Story, network, rejected};

/// Makes an exchange that fails. Returns whether that opens the circuit.
#[track_caller]
fn opens(story: &mut Story, error: Error) -> bool {
    let exchange = story.leads();
    match story.fails(exchange, error) {
        LeaderAction::Failed { has_opened_circuit, .. } => has_opened_circuit,
        other => panic!("at {}: {other:?}", story.monotonic_ms),
    }
}

/// Makes an exchange that brings a token. Returns whether that closes the circuit.
#[track_caller]
fn closes(story: &mut Story) -> bool {
    let exchange = story.leads();
    match story.brings(exchange, HOUR_MS) {
        LeaderAction::Done { has_closed_circuit, .. } => has_closed_circuit,
        other => panic!("at {}: {other:?}", story.monotonic_ms),
    }
}

#[test]
fn after_rejected_keys_calls_fail_at_once_for_30_seconds_doubling_to_10_minutes() {
    let mut story = Story::new(POLICY);
    for cool_down in [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000] {
        story.tries(rejected());
        story.fails_at_once_for(&rejected(), cool_down);
        story.passes(cool_down - 1).fails_at_once_for(&rejected(), 1);
        story.passes(1);
    }
    story.starts();
}

#[test]
fn an_exchange_never_retries_rejected_keys() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    assert_eq!(story.pauses(exchange, rejected()), None);
    assert_eq!(
        story.fails(exchange, rejected()),
        LeaderAction::Failed { has_opened_circuit: true }
    );
    story.fails_at_once(&rejected());
}

#[test]
fn after_the_cool_down_one_caller_probes_and_the_others_wait() {
    let mut story = Story::new(POLICY);
    story.tries(rejected());
    let probe = story.passes(30_000).leads();
    for _ in 0..1_000 {
        story.waits();
    }
    story.passes(100).fails(probe, rejected());
    story.passes(59_999).fails_at_once(&rejected());
}

#[test]
fn a_circuit_opens_once_and_closes_once() {
    let mut story = Story::new(POLICY);
    assert!(opens(&mut story, rejected()));
    story.passes(30_000);
    assert!(!opens(&mut story, rejected()));
    story.passes(60_000);
    assert!(closes(&mut story));
    story.lifecycle.invalidate(None);
    assert!(!closes(&mut story));
    story.lifecycle.invalidate(None);
    assert!(opens(&mut story, rejected()));
    story.passes(29_999).fails_at_once(&rejected());
    story.passes(1).starts();
}

#[test]
fn a_probe_that_fails_for_another_reason_leaves_the_circuit_open() {
    let mut story = Story::new(POLICY);
    assert!(opens(&mut story, rejected()));
    story.passes(30_000);
    assert!(!opens(&mut story, network()));
    story.passes(999).fails_at_once(&network());
    story.passes(1);
    assert!(!opens(&mut story, rejected()));
    story.passes(59_999).fails_at_once(&rejected());
    story.passes(1);
    assert!(closes(&mut story));
}

#[test]
fn reset_closes_the_circuit_and_forgets_its_doubling() {
    let mut story = Story::new(POLICY);
    story.tries(rejected());
    story.passes(30_000).tries(rejected());
    assert!(story.lifecycle.reset());
    assert!(!story.lifecycle.reset());
    assert!(opens(&mut story, rejected()));
    story.passes(29_999).fails_at_once(&rejected());
    story.passes(1).starts();
}

#[test]
fn a_good_token_is_served_while_the_circuit_is_open() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000).tries(rejected());
    let served = |hand_out_for_ms| CallerAction::HandOut { token: 1, hand_out_for_ms, start: None };
    assert_eq!(story.ask(), served(30_000));
    story.passes(29_999).hands_out(1);
    story.passes(1).tries(rejected());
    story.passes(59_999).hands_out(1);
    story.passes(1).starts();
}

#[test]
fn a_circuit_is_open_as_long_as_the_service_asks() {
    let mut story = Story::new(POLICY);
    let error = Error { retry_after_ms: Some(90_000), ..rejected() };
    story.tries(error.clone());
    story.passes(89_999).fails_at_once(&error);
    story.passes(1).starts();
}
