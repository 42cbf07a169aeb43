use pay4power_auth::lifecycle::{CallerAction, LeaderAction, Policy, Reason};

use super::story::{HOUR_MS, POLICY, Story, asking_for, network};

#[test]
fn a_leader_that_never_begins_is_given_up_after_250_ms() {
    let mut story = Story::new(POLICY);
    story.starts();
    assert_eq!(story.passes(1).waits(), 249);
    story.is_at(249).waits();
    assert_eq!(story.passes(1).starts().reason, Reason::Abandoned);
}

#[test]
fn a_leader_that_vanishes_is_given_up_250_ms_after_its_attempt_is_due() {
    let mut story = Story::new(POLICY);
    story.passes(100).leads();
    assert_eq!(story.waits(), 10_250);
    story.is_at(10_349).waits();
    assert_eq!(story.passes(1).starts().reason, Reason::Abandoned);
}

#[test]
fn a_leader_that_vanishes_in_a_wait_is_given_up_250_ms_after_its_end() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    assert_eq!(story.pauses(exchange, asking_for(3_000)), Some(3_000));
    assert_eq!(story.is_at(3_249).waits(), 1);
    assert_eq!(story.passes(1).starts().reason, Reason::Abandoned);
}

#[test]
fn a_leader_that_vanishes_in_the_background_is_given_up_too() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000).leads();
    story.passes(10_249).hands_out(1);
    story.passes(1).leads();
    story.hands_out(1);
}

#[test]
fn an_abandoned_exchange_is_given_up_at_once() {
    let mut story = Story::new(POLICY);
    let first = story.leads();
    story.waits();
    story.abandons(first);
    let second = story.starts();
    assert_eq!(second.reason, Reason::Abandoned);
    // Every waiting caller reports that. A later report does not concern the new leader.
    story.abandons(first);
    story.waits();
    assert_eq!(story.attempts(first), None);
    story.brings(second.exchange, HOUR_MS);
    story.hands_out(1);
}

#[test]
fn a_wait_before_a_retry_outlasts_its_abandoned_exchange() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    assert_eq!(story.pauses(exchange, asking_for(3_000)), Some(3_000));
    story.abandons(exchange);
    assert_eq!(story.waits(), 3_250);
    story.passes(3_249).waits();
    assert_eq!(story.passes(1).starts().reason, Reason::Abandoned);
}

#[test]
fn a_late_leader_that_was_not_given_up_still_leads() {
    let mut story = Story::new(POLICY);
    let start = story.starts();
    assert_eq!(story.passes(1_000).attempts(start.exchange), Some(10_000));
    story.passes(15_000);
    story.brings(start.exchange, HOUR_MS);
    story.hands_out(1);
}

#[test]
fn a_leader_that_was_given_up_stops() {
    let mut story = Story::new(POLICY);
    let first = story.leads();
    let second = story.is_at(10_250).leads();
    assert_eq!(story.attempts(first), None);
    assert_eq!(story.pauses(first, network()), None);
    assert_eq!(story.fails(first, network()), LeaderAction::Superseded);
    story.waits();
    assert!(story.pauses(second, network()).is_some());
}

#[test]
fn a_late_token_is_taken_and_the_exchange_under_way_goes_on() {
    let mut story = Story::new(POLICY);
    let first = story.leads();
    let second = story.is_at(10_250).leads();
    assert!(matches!(story.brings(first, 60_000), LeaderAction::Done { token: Some(1), .. }));
    story.hands_out(1);
    assert!(matches!(story.brings(second, 60_001), LeaderAction::Done { token: Some(2), .. }));
    story.hands_out(2);
}

#[test]
fn a_late_token_that_expires_before_the_current_one_is_ignored() {
    let mut story = Story::new(POLICY);
    let first = story.leads();
    let second = story.is_at(10_250).leads();
    story.brings(second, 60_000);
    let late = story.brings(first, 59_000);
    assert_eq!(
        late,
        LeaderAction::Done { token: None, hand_out_for_ms: 0, has_closed_circuit: false }
    );
    story.hands_out(1);
}

#[test]
fn the_next_leader_has_the_whole_deadline_of_an_exchange() {
    // The new leader's own deadline is near. Later callers must not fail because of that.
    let mut story = Story::new(Policy { timeout_ms: 29_000, ..POLICY });
    story.leads();
    story.is_at(29_250);
    let CallerAction::Start { start, wait_ms, asked_at_ms } = story.ask_again(0) else {
        panic!("the leader is gone")
    };
    assert_eq!((wait_ms, asked_at_ms), (750, 0));
    assert_eq!(story.attempts(start.exchange), Some(29_000));
    story.is_at(29_900).waits();
    assert!(matches!(story.is_at(30_000).ask_again(0), CallerAction::Fail { .. }));
    story.is_at(31_000).brings(start.exchange, HOUR_MS);
    assert!(matches!(story.ask_again(29_900), CallerAction::HandOut { token: 1, .. }));
}
