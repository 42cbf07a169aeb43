use pay4power_auth::lifecycle::{CallerAction, Clock, LeaderAction, Policy, Reason};

use super::story::{HOUR_MS, POLICY, Story, network, rejected};
use crate::support::readings;

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
    let expected = CallerAction::HandOut { token: 1, hand_out_for_ms: 1, start: None };
    assert_eq!(story.is_at(47_000).ask(), expected);
    assert_eq!(story.is_at(47_999).ask(), expected);
}

#[test]
fn every_event_detects_a_step_back() {
    type Event = fn(&mut Story);
    let events: [(&str, Event); 4] = [
        ("an attempt", |story| assert!(!story.lifecycle.progress(0, 99, 10_000, None))),
        ("a failure", |story| {
            assert_eq!(story.lifecycle.failed(0, 99, network()), LeaderAction::Superseded);
        }),
        ("a 401", |story| assert!(story.lifecycle.unauthorized(0, 99))),
        ("a replay", |story| assert!(story.lifecycle.replayed(0, 99, true))),
    ];
    for (name, event) in events {
        let mut story = Story::with_token(HOUR_MS);
        story.is_at(100_000).hands_out(1);
        event(&mut story);
        assert!(matches!(story.is_at(0).ask(), CallerAction::Start { .. }), "{name}");
    }
}

#[test]
fn a_step_back_from_an_observed_reading_is_detected() {
    let mut story = Story::with_token(HOUR_MS);
    story.lifecycle.observe(100_000);
    story.is_at(99_000).hands_out(1);
    story.lifecycle.observe(100_000);
    story.is_at(98_999).starts();
}

#[test]
fn a_step_back_that_the_shell_reports_is_not_a_rejection() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(50_000).lifecycle.observe(100_000);
    assert!(story.reads_both());
    assert!(!story.reads_both(), "the step back is known");
    assert_eq!(story.starts().reason, Reason::Expiry);
}

/// Returns a story that begins with a new token. Both clocks were read when it came.
fn with_token(lifetime_ms: i64) -> Story {
    let mut story = Story::new(POLICY);
    story.reads_both();
    story.gets_token(lifetime_ms);
    story
}

#[test]
fn a_token_ages_while_the_machine_sleeps() {
    let mut story = with_token(HOUR_MS);
    story.passes_on_both(5, HOUR_MS - 2_001).ask();
    assert!(matches!(story.ask(), CallerAction::Wait { .. }), "the token is expiring");
    story.passes_on_both(0, 1);
    assert!(matches!(story.passes(10_250).ask(), CallerAction::Start { .. }), "the token is dead");
    // The same in small steps, as in a process that is frozen between requests.
    let mut story = with_token(HOUR_MS);
    for _ in 0..47 {
        story.passes_on_both(1, 60_000).hands_out(1);
    }
    story.passes_on_both(1, 60_000).starts();
}

#[test]
fn the_time_that_a_sleep_leaves_of_a_token_is_returned() {
    let mut story = with_token(HOUR_MS);
    story.passes_on_both(10, HOUR_MS / 2);
    let left_ms = HOUR_MS * 8 / 10 - HOUR_MS / 2;
    let expected = CallerAction::HandOut { token: 1, hand_out_for_ms: left_ms, start: None };
    assert_eq!(story.ask(), expected);
}

#[test]
fn a_wall_clock_that_is_put_ahead_costs_one_exchange() {
    let mut story = with_token(HOUR_MS);
    story.passes_on_both(1_000, 6 * HOUR_MS).gets_token(HOUR_MS);
    for _ in 0..10 {
        story.passes_on_both(1_000, 1_000).hands_out(2);
    }
    // Setting the clock right again costs none.
    story.passes_on_both(1_000, -6 * HOUR_MS).hands_out(2);
    story.passes_on_both(HOUR_MS / 2, HOUR_MS / 2).hands_out(2);
    story.passes_on_both(HOUR_MS / 2, HOUR_MS / 2).starts();
}

#[test]
fn a_wall_clock_that_is_put_back_ends_no_token_and_keeps_none_alive() {
    let mut story = with_token(HOUR_MS);
    story.passes_on_both(1_000, -6 * HOUR_MS).hands_out(1);
    story.passes_on_both(HOUR_MS / 2, HOUR_MS / 2).hands_out(1);
    // The machine sleeps after that.
    story.passes_on_both(0, HOUR_MS / 2).starts();
    let mut story = with_token(HOUR_MS);
    story.passes_on_both(1_000, -6 * HOUR_MS);
    story.passes_on_both(HOUR_MS, HOUR_MS).starts();
}

#[test]
fn clocks_that_are_trimmed_and_rounded_make_no_token_older() {
    let mut story = with_token(HOUR_MS);
    for _ in 0..1_000 {
        story.passes_on_both(1, 2);
        story.passes_on_both(1, 0);
        story.passes_on_both(1, -998);
        story.passes_on_both(1, 1_000);
    }
    let aged_ms = 4_000 + 1; // the wall clock's largest lead counts once
    let hand_out_for_ms = HOUR_MS * 8 / 10 - aged_ms;
    assert_eq!(story.ask(), CallerAction::HandOut { token: 1, hand_out_for_ms, start: None });
}

#[test]
fn a_token_ends_on_the_wall_clock_as_it_was_when_the_token_came() {
    let mut story = Story::new(POLICY);
    story.reads_both();
    story.passes_on_both(0, -900);
    story.gets_token(3_000);
    story.passes_on_both(0, 900);
    // On the wall clock, the token is 900 ms old.
    story.passes_on_both(2_039, 2_039).leads();
    assert_eq!(story.waits(), 1, "until the dead point");
    assert_eq!(story.passes_on_both(1, 1).waits(), 10_249, "for a new token");
}

#[test]
fn a_sleep_makes_no_leader_late_and_no_wait_shorter() {
    let mut story = Story::new(POLICY);
    story.reads_both();
    let exchange = story.leads();
    let CallerAction::Wait { wait_ms, asked_at_ms } = story.ask() else {
        panic!("an exchange is under way")
    };
    story.passes_on_both(100, 2 * HOUR_MS);
    assert_eq!(
        story.ask_again(asked_at_ms),
        CallerAction::Wait { wait_ms: wait_ms - 100, asked_at_ms }
    );
    story.brings(exchange, HOUR_MS);
    story.hands_out(1);
}

#[test]
fn a_cool_down_ends_while_the_machine_sleeps() {
    let mut story = Story::new(POLICY);
    story.reads_both();
    story.tries(rejected());
    story.passes_on_both(10, 29_999).fails_at_once(&rejected());
    story.passes_on_both(0, 1).starts();
}

#[test]
fn the_pauses_between_refreshes_end_while_the_machine_sleeps() {
    let mut story = with_token(HOUR_MS);
    story.passes_on_both(HOUR_MS * 8 / 10, HOUR_MS * 8 / 10).tries(network());
    let pause = CallerAction::HandOut { token: 1, hand_out_for_ms: 5_000, start: None };
    assert_eq!(story.ask(), pause);
    story.passes_on_both(1, 4_999);
    assert_eq!(story.ask(), CallerAction::HandOut { token: 1, hand_out_for_ms: 1, start: None });
    story.passes_on_both(0, 1).starts();
}

#[test]
fn a_step_back_of_the_monotonic_clock_is_not_a_suspension() {
    // For example, fake timers replace the real ones.
    let mut clock = Clock::default();
    clock.compare(readings(1_000_000, 500_000));
    assert!(clock.compare(readings(1_000_010, 0)));
    assert_eq!(clock.suspended_ms(), 0);
    assert!(!clock.compare(readings(1_000_015, 5)));
    assert_eq!(clock.suspended_ms(), 0);
    assert!(!clock.compare(readings(1_000_515, 5)));
    assert_eq!(clock.suspended_ms(), 500);
}

#[test]
fn an_observed_reading_below_a_known_one_is_ignored() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(100_000).hands_out(1);
    story.lifecycle.observe(0);
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
fn a_reading_from_before_a_known_step_back_starts_no_second_exchange() {
    // The leader has detected the step back. Then the shell reports its latest reading from before.
    let mut story = Story::new(POLICY);
    let exchange = story.is_at(100_000).leads();
    story.is_at(50_000).attempts(exchange).expect("leads");
    story.lifecycle.observe(100_000);
    assert_eq!(story.is_at(50_100).waits(), 10_150);
}

#[test]
fn a_wait_continues_over_a_step_back() {
    let mut story = Story::new(POLICY);
    story.is_at(100_000).starts();
    story.passes(100);
    let CallerAction::Wait { asked_at_ms, .. } = story.ask() else {
        panic!("an exchange is under way")
    };
    story.is_at(0).attempts(1).expect("leads");
    let CallerAction::Wait { wait_ms, .. } = story.is_at(10_000).ask_again(asked_at_ms) else {
        panic!("the exchange is not yet due")
    };
    assert_eq!(wait_ms, 250);
}

#[test]
fn a_caller_waits_no_longer_than_its_own_deadline_over_a_step_back() {
    let mut story = Story::new(Policy { timeout_ms: 40_000, ..POLICY });
    story.is_at(100_000).leads();
    let CallerAction::Wait { wait_ms, asked_at_ms } = story.ask() else {
        panic!("an exchange is under way")
    };
    assert_eq!(wait_ms, 30_000);
    let again = story.is_at(0).ask_again(asked_at_ms);
    assert_eq!(again, CallerAction::Wait { wait_ms: 30_000, asked_at_ms });
    let again = story.is_at(29_999).ask_again(asked_at_ms);
    assert_eq!(again, CallerAction::Wait { wait_ms: 1, asked_at_ms });
    assert!(matches!(story.passes(1).ask_again(asked_at_ms), CallerAction::Fail { .. }));
}

#[test]
fn a_circuit_stays_open_over_a_step_back() {
    let mut story = Story::new(POLICY);
    story.is_at(1_000_000).tries(rejected());
    story.passes(10_000).fails_at_once(&rejected());
    story.is_at(0).fails_at_once(&rejected());
    story.passes(19_999).fails_at_once(&rejected());
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
    // The leader was not gone, and its token is installed.
    story.brings(exchange, 60_000);
    story.hands_out(2);
}

#[test]
fn the_lifecycle_time_never_runs_backwards() {
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
fn a_small_step_back_before_a_token_comes_does_not_prolong_its_life() {
    let mut story = Story::new(POLICY);
    let exchange = story.is_at(100_000).leads();
    story.is_at(99_100).brings(exchange, 3_000);
    story.is_at(99_100 + 2_939).ask();
    assert!(
        matches!(story.is_at(99_100 + 2_940).ask(), CallerAction::Wait { .. }),
        "the token is dead"
    );
}

#[test]
fn a_small_step_back_before_a_wait_does_not_prolong_it() {
    let mut story = Story::new(Policy { timeout_ms: 40_000, ..POLICY });
    story.is_at(100_000).leads();
    let CallerAction::Wait { wait_ms, asked_at_ms } = story.is_at(99_100).ask() else {
        panic!("an exchange is under way")
    };
    assert_eq!(wait_ms, 30_000);
    story.is_at(99_100 + 29_999);
    assert_eq!(story.ask_again(asked_at_ms), CallerAction::Wait { wait_ms: 1, asked_at_ms });
    assert!(matches!(story.passes(1).ask_again(asked_at_ms), CallerAction::Fail { .. }));
}
