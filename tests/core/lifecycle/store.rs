use pay4power_auth::lifecycle::{CallerAction, LeaderAction, Policy, Reason};

use super::story::{HOUR_MS, POLICY, Story, network, new_token, rejected};

const SHARED: Policy = Policy { has_store: true, ..POLICY };

fn asks_the_store(story: &mut Story) -> u32 {
    let start = story.starts();
    assert_eq!(story.lifecycle.store_read_begins(story.monotonic_ms, start.exchange), Some(1_000));
    start.exchange
}

fn restores(story: &mut Story, exchange: u32, expires_in_ms: i64) -> LeaderAction {
    story.lifecycle.store_hit(story.monotonic_ms, exchange, new_token(expires_in_ms, HOUR_MS))
}

/// The store has answered at once, so the whole deadline is left.
const EXCHANGE: LeaderAction = LeaderAction::Exchange { deadline_ms: POLICY.deadline_ms };
const FAILED: LeaderAction = LeaderAction::Failed { has_opened_circuit: false };

#[test]
fn a_stored_token_is_handed_out_without_an_exchange() {
    let mut story = Story::new(SHARED);
    let exchange = asks_the_store(&mut story);
    let done = LeaderAction::Done {
        token: Some(1),
        hand_out_for_ms: HOUR_MS / 5 * 4,
        has_closed_circuit: false,
    };
    assert_eq!(restores(&mut story, exchange, HOUR_MS), done);
    story.hands_out(1);
    story.is_at(HOUR_MS / 5 * 4).starts();
}

#[test]
fn an_exchange_follows_a_miss() {
    let mut story = Story::new(SHARED);
    let exchange = asks_the_store(&mut story);
    let next = story.passes(1_000).lifecycle.store_miss(1_000, exchange);
    assert_eq!(next, LeaderAction::Exchange { deadline_ms: 29_000 });
    story.begins(exchange, 29_000);
    assert_eq!(story.attempts(exchange), Some(10_000));
    story.brings(exchange, HOUR_MS);
    story.hands_out(1);
}

#[test]
fn a_reader_of_the_store_is_given_up_after_its_timeout() {
    let mut story = Story::new(SHARED);
    asks_the_store(&mut story);
    assert_eq!(story.waits(), 1_250);
    assert_eq!(story.passes(1_249).waits(), 1);
    assert_eq!(story.passes(1).starts().reason, Reason::Abandoned);
    assert_eq!(story.lifecycle.store_miss(story.monotonic_ms, 1), LeaderAction::Superseded);
    assert_eq!(restores(&mut story, 1, HOUR_MS), LeaderAction::Superseded);
    assert_eq!(story.lifecycle.store_read_begins(story.monotonic_ms, 1), None);
}

#[test]
fn a_store_that_hangs_leaves_half_of_the_deadline_to_the_exchange() {
    for (deadline_ms, store_ms) in [(2_001, 1_000), (2_000, 1_000), (1_000, 500), (1, 1)] {
        let mut story = Story::new(Policy { deadline_ms, ..SHARED });
        let start = story.is_at(7_000).starts();
        assert_eq!(story.lifecycle.store_read_begins(7_000, start.exchange), Some(store_ms));
        story.passes(store_ms);
        let next = story.lifecycle.store_miss(story.monotonic_ms, start.exchange);
        let left_ms = (deadline_ms - store_ms).max(1);
        assert_eq!(next, LeaderAction::Exchange { deadline_ms: left_ms });
        story.begins(start.exchange, left_ms);
        assert_eq!(story.attempts(start.exchange), Some(left_ms));
    }
}

#[test]
fn a_dead_stored_token_is_a_miss() {
    let mut story = Story::new(SHARED);
    let exchange = asks_the_store(&mut story);
    assert_eq!(restores(&mut story, exchange, 2_000), EXCHANGE);
    assert!(matches!(restores(&mut story, exchange, 2_001), LeaderAction::Done { .. }));
}

#[test]
fn a_refresh_takes_only_a_stored_token_that_expires_later() {
    let mut story = Story::new(SHARED);
    let exchange = asks_the_store(&mut story);
    restores(&mut story, exchange, HOUR_MS);
    story.is_at(HOUR_MS / 5 * 4);
    let exchange = asks_the_store(&mut story);
    let left_ms = HOUR_MS / 5;
    assert_eq!(restores(&mut story, exchange, left_ms - 1), EXCHANGE);
    assert_eq!(restores(&mut story, exchange, left_ms), EXCHANGE);
    let next = restores(&mut story, exchange, left_ms + 1);
    assert_eq!(
        next,
        LeaderAction::Done { token: Some(2), hand_out_for_ms: 1, has_closed_circuit: false }
    );
    story.passes(1).starts();
}

#[test]
fn an_open_circuit_still_reads_the_store_once_a_second() {
    let mut story = Story::new(SHARED);
    story.tries(rejected());
    let exchange = asks_the_store(&mut story);
    assert!(matches!(story.ask(), CallerAction::Wait { .. }), "the caller waits for the same read");
    assert_eq!(story.lifecycle.store_miss(story.monotonic_ms, exchange), FAILED);
    story.fails_at_once(&rejected());
    story.passes(999).fails_at_once(&rejected());
    story.passes(1);
    let exchange = asks_the_store(&mut story);
    assert!(matches!(restores(&mut story, exchange, HOUR_MS), LeaderAction::Done { .. }));
    story.hands_out(1);
    // The circuit is still open.
    assert!(story.lifecycle.reset());
}

#[test]
fn a_circuit_that_was_closed_while_the_store_was_read_lets_the_exchange_follow() {
    let mut story = Story::new(SHARED);
    story.tries(rejected());
    let exchange = asks_the_store(&mut story);
    story.lifecycle.reset();
    assert_eq!(story.lifecycle.store_miss(story.monotonic_ms, exchange), EXCHANGE);
}

#[test]
fn a_lost_reader_of_the_store_delays_no_other_caller_while_the_circuit_is_open() {
    let mut story = Story::new(SHARED);
    story.tries(rejected());
    let CallerAction::Start { wait_ms, asked_at_ms, .. } = story.ask() else {
        panic!("the store is asked")
    };
    assert_eq!(wait_ms, 1_250);
    story.passes(1_250);
    assert!(matches!(story.ask_again(asked_at_ms), CallerAction::Fail { .. }));
    story.starts();
}

#[test]
fn a_caller_that_has_waited_for_a_failure_does_not_wait_for_the_store_too() {
    let mut story = Story::new(SHARED);
    let exchange = story.leads();
    story.passes(500).waits();
    story.passes(500).fails(exchange, rejected());
    story.fails_after_waiting(0, &rejected());
    story.fails_after_waiting(500, &rejected());
    story.starts();
}

#[test]
fn while_the_circuit_is_open_a_slow_store_is_waited_for_once() {
    let mut story = Story::new(SHARED);
    story.tries(rejected());
    let exchange = asks_the_store(story.passes(1));
    story.passes(900).waits();
    story.passes(100);
    assert_eq!(story.lifecycle.store_miss(story.monotonic_ms, exchange), FAILED);
    // The failure is from before the callers asked.
    let remembered = CallerAction::Fail { error: rejected(), fails_for_ms: Some(30_000 - 1_001) };
    assert_eq!(story.ask_again(1), remembered);
    assert_eq!(story.ask_again(901), remembered);
    story.starts();
    assert_eq!(story.ask_again(901), remembered, "another caller waits");
}

#[test]
fn a_coordinators_failure_is_remembered_for_a_second_and_opens_no_circuit() {
    let mut story = Story::new(POLICY);
    for _ in 0..3 {
        let exchange = story.leads();
        let next = story.lifecycle.failed_at_coordinator(story.monotonic_ms, exchange, rejected());
        assert_eq!(next, FAILED, "no circuit opens here");
        story.passes(999).fails_at_once(&rejected());
        story.passes(1);
    }
    let exchange = story.leads();
    assert_eq!(
        story.lifecycle.failed_at_coordinator(story.monotonic_ms, exchange + 1, network()),
        LeaderAction::Superseded
    );
}

#[test]
fn a_coordinators_failure_leaves_the_current_token_alone() {
    let mut story = Story::with_token(HOUR_MS);
    let exchange = story.is_at(HOUR_MS / 5 * 4).leads();
    story.lifecycle.failed_at_coordinator(story.monotonic_ms, exchange, network());
    story.hands_out(1);
    story.passes(1_000).starts();
}

#[test]
fn a_token_without_an_exchange_is_installed() {
    let mut story = Story::new(POLICY);
    assert!(matches!(story.brings(0, HOUR_MS), LeaderAction::Done { token: Some(1), .. }));
    story.hands_out(1);
}
