use pay4power_auth::error::Error;
use pay4power_auth::lifecycle::{Circuit, Phase, State};
use serde_json::json;

use super::story::{HOUR_MS, POLICY, Story, asking_for, network, rejected};

const NOTHING: State = State {
    token: Phase::Expired,
    exchanging: false,
    circuit: Circuit::Closed,
    retry_in_ms: None,
    last_failure: None,
};

fn cooling(token: Phase, retry_in_ms: i64, error: Error) -> State {
    State { token, retry_in_ms: Some(retry_in_ms), last_failure: Some(error), ..NOTHING }
}

#[test]
fn each_phase_begins_at_its_point() {
    let mut story = Story::with_token(HOUR_MS);
    for (now, token) in [
        (0, Phase::Fresh),
        (2_879_999, Phase::Fresh),
        (2_880_000, Phase::RefreshSoon),
        (3_569_999, Phase::RefreshSoon),
        (3_570_000, Phase::Expiring),
        (3_597_999, Phase::Expiring),
        (3_598_000, Phase::Expired),
    ] {
        assert_eq!(story.is_at(now).state(), State { token, ..NOTHING }, "at {now}");
    }
}

#[test]
fn without_a_token_the_phase_is_expired_and_an_exchange_counts_until_its_leader_is_late() {
    let mut story = Story::new(POLICY);
    assert_eq!(story.state(), NOTHING);
    story.leads();
    assert_eq!(story.state(), State { exchanging: true, ..NOTHING });
    assert!(story.passes(10_249).state().exchanging);
    assert_eq!(story.passes(1).state(), NOTHING);
}

#[test]
fn the_state_has_a_cool_down_without_a_token_and_its_failure() {
    let mut story = Story::new(POLICY);
    story.tries(asking_for(60_000));
    assert_eq!(story.state(), cooling(Phase::Expired, 60_000, asking_for(60_000)));
    assert_eq!(story.passes(59_999).state().retry_in_ms, Some(1));
    let over = State { retry_in_ms: None, ..cooling(Phase::Expired, 0, asking_for(60_000)) };
    assert_eq!(story.passes(1).state(), over);
    story.gets_token(HOUR_MS);
    assert_eq!(story.state(), State { token: Phase::Fresh, ..NOTHING });
}

#[test]
fn the_state_has_a_cool_down_of_refreshes_while_the_token_lives() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000).tries(network());
    assert_eq!(story.state(), cooling(Phase::RefreshSoon, 5_000, network()));
    story.passes(4_999);
    assert_eq!(story.state(), cooling(Phase::RefreshSoon, 1, network()));
    assert_eq!(story.passes(1).state().retry_in_ms, None);
}

#[test]
fn the_state_has_no_cool_down_of_refreshes_once_the_token_is_dead() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(HOUR_MS - 2_001).tries(network());
    assert_eq!(story.state(), cooling(Phase::Expiring, 5_000, network()));
    assert_eq!(story.passes(1).state(), State { last_failure: Some(network()), ..NOTHING });
    story.starts();
}

#[test]
fn the_state_has_an_open_circuit_until_the_keys_are_accepted_or_a_reset() {
    let mut story = Story::new(POLICY);
    story.tries(rejected());
    let open = State { circuit: Circuit::Open, ..cooling(Phase::Expired, 30_000, rejected()) };
    assert_eq!(story.state(), open);
    assert_eq!(story.passes(30_000).state().circuit, Circuit::Open);
    story.lifecycle.reset();
    assert_eq!(story.state(), NOTHING);
}

#[test]
fn the_state_detects_a_suspension_and_a_step_back() {
    let mut story = Story::new(POLICY);
    story.reads_both();
    story.gets_token(HOUR_MS);
    assert_eq!(story.sleeps(HOUR_MS).state().token, Phase::Expired);

    let mut story = Story::with_token(HOUR_MS);
    assert_eq!(story.is_at(-1_000).state().token, Phase::Fresh);
    assert_eq!(story.is_at(-1_001).state().token, Phase::Expired);
}

#[test]
fn the_state_is_serialized_in_the_words_of_the_public_types() {
    let words = |phase: Phase| serde_json::to_value(phase).expect("JSON");
    let phases = [Phase::Fresh, Phase::RefreshSoon, Phase::Expiring, Phase::Expired].map(words);
    assert_eq!(json!(phases), json!(["fresh", "refresh-soon", "expiring", "expired"]));
    let mut story = Story::new(POLICY);
    story.tries(rejected());
    let state = serde_json::to_value(story.state()).expect("JSON");
    assert_eq!(state.get("circuit"), Some(&json!("open")));
    assert_eq!(state.get("retryInMs"), Some(&json!(30_000)));
    assert_eq!(state.pointer("/lastFailure/code"), Some(&json!("P4P_CREDENTIALS_REJECTED")));
}
