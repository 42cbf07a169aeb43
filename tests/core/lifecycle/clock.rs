use pay4power_auth::lifecycle::{Ask, Clock, Next, Policy, Reason};

use super::story::{HOUR_MS, POLICY, Story, network, rejected};

#[test]
fn a_step_back_of_more_than_a_second_makes_the_token_expired() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(100_000).hands_out(1);
    story.is_at(99_000).hands_out(1);
    assert_eq!(story.is_at(98_999).starts().reason, Reason::Expiry);
}

#[test]
fn small_steps_back_add_up() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(100_000).hands_out(1);
    story.is_at(99_400).hands_out(1);
    story.is_at(99_600).hands_out(1);
    story.is_at(98_999).starts();
}

#[test]
fn during_a_small_step_back_no_time_passes() {
    let mut story = Story::with_token(60_000);
    story.is_at(47_999).hands_out(1);
    let expected = Ask::HandOut { token: 1, fresh_for_ms: 1, start: None };
    assert_eq!(story.is_at(47_000).ask(), expected);
    assert_eq!(story.is_at(47_999).ask(), expected);
}

#[test]
fn a_step_back_shows_in_whatever_happens() {
    type Event = fn(&mut Story);
    let events: [(&str, Event); 4] = [
        ("an attempt", |story| assert!(!story.machine.progress(0, 99, 10_000, None))),
        ("a failure", |story| {
            assert_eq!(story.machine.failed(0, 99, network()), Next::Superseded);
        }),
        ("a 401", |story| assert!(story.machine.unauthorized(0, 99))),
        ("a replay", |story| assert!(story.machine.replayed(0, 99, true))),
    ];
    for (name, event) in events {
        let mut story = Story::with_token(HOUR_MS);
        story.is_at(100_000).hands_out(1);
        event(&mut story);
        assert!(matches!(story.is_at(0).ask(), Ask::Start { .. }), "{name}");
    }
}

#[test]
fn a_time_that_only_the_shell_saw_shows_a_step_back_from_it() {
    let mut story = Story::with_token(HOUR_MS);
    story.machine.observe(100_000);
    story.is_at(99_000).hands_out(1);
    story.machine.observe(100_000);
    story.is_at(98_999).starts();
}

#[test]
fn a_step_back_that_the_shell_tells_of_is_no_rejection() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(50_000).machine.stepped_back(50_000, 100_000);
    assert_eq!(story.starts().reason, Reason::Expiry);
}

#[test]
fn a_time_before_what_is_known_says_nothing() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(100_000).hands_out(1);
    story.machine.observe(0);
    story.is_at(100_001).hands_out(1);
}

#[test]
fn a_step_back_starts_no_second_exchange() {
    let mut story = Story::new(POLICY);
    story.is_at(100_000).leads();
    story.is_at(50_000).waits();
    assert_eq!(story.is_at(50_000 + 10_249).waits(), 1);
    story.passes(1).starts();
}

#[test]
fn a_time_seen_before_a_step_that_is_known_starts_no_second_exchange() {
    // The leader has found out about the step; whoever asks next brings what the shell saw before.
    let mut story = Story::new(POLICY);
    let exchange = story.is_at(100_000).leads();
    story.is_at(50_000).attempts(exchange).expect("leads");
    story.machine.observe(100_000);
    assert_eq!(story.is_at(50_100).waits(), 10_150);
}

#[test]
fn a_wait_goes_on_over_a_step_back() {
    let mut story = Story::new(POLICY);
    story.is_at(100_000).starts();
    story.passes(100);
    let Ask::Wait { asked_at_ms, .. } = story.ask() else { panic!("somebody leads") };
    story.is_at(0).attempts(1).expect("leads");
    let Ask::Wait { wait_ms, .. } = story.is_at(10_000).ask_again(asked_at_ms) else {
        panic!("the exchange is not yet due")
    };
    assert_eq!(wait_ms, 250);
}

#[test]
fn a_circuit_stays_open_over_a_step_back() {
    let mut story = Story::new(POLICY);
    story.is_at(1_000_000).tries(rejected());
    story.passes(10_000).refuses(&rejected());
    story.is_at(0).refuses(&rejected());
    story.passes(19_999).refuses(&rejected());
    story.passes(1).starts();
}

#[test]
fn a_token_that_comes_after_a_step_back_is_good_for_its_whole_life() {
    let mut story = Story::new(POLICY);
    let exchange = story.is_at(1_000_000).leads();
    story.is_at(0).brings(exchange, 60_000);
    story.is_at(47_999).hands_out(1);
    story.passes(1).starts();
}

#[test]
fn a_step_ahead_makes_the_token_older_and_the_leader_overdue() {
    let mut story = Story::with_token(60_000);
    story.is_at(1_000).hands_out(1);
    let exchange = story.is_at(1_000_000).leads();
    story.is_at(2_000_000).starts();
    // It was not gone. What it brings is good.
    story.brings(exchange, 60_000);
    story.hands_out(2);
}

#[test]
fn the_own_time_never_runs_backwards() {
    let mut clock = Clock::default();
    let readings = [500, 500, 400, 1_400, 399, 5_000, 0, 10, 2_000, -9_000, -8_000];
    let mut latest = i64::MIN;
    let mut steps = Vec::new();
    for reading in readings {
        let (now, stepped_back) = clock.tick(reading);
        assert!(now >= latest, "{reading}");
        latest = now;
        if stepped_back {
            steps.push(reading);
        }
    }
    assert_eq!(steps, [399, 0, -9_000]);
}

#[test]
fn a_token_that_comes_after_a_small_step_back_lives_no_longer_for_it() {
    let mut story = Story::new(POLICY);
    let exchange = story.is_at(100_000).leads();
    story.is_at(99_100).brings(exchange, 3_000);
    story.is_at(99_100 + 2_939).ask();
    assert!(matches!(story.is_at(99_100 + 2_940).ask(), Ask::Wait { .. }), "it is dead");
}

#[test]
fn a_wait_that_begins_after_a_small_step_back_is_no_longer_for_it() {
    let mut story = Story::new(Policy { timeout_ms: 40_000, ..POLICY });
    story.is_at(100_000).leads();
    let Ask::Wait { wait_ms, asked_at_ms } = story.is_at(99_100).ask() else {
        panic!("somebody leads")
    };
    assert_eq!(wait_ms, 30_000);
    story.is_at(99_100 + 29_999);
    assert_eq!(story.ask_again(asked_at_ms), Ask::Wait { wait_ms: 1, asked_at_ms });
    assert!(matches!(story.passes(1).ask_again(asked_at_ms), Ask::Fail { .. }));
}
