use pay4power_auth::lifecycle::{CallerAction, LeaderAction, NewToken, Policy, Reason};

use super::story::{HOUR_MS, POLICY, Story, asking_for, network, new_token};

#[test]
fn a_fresh_token_is_handed_out_until_its_refresh_point() {
    for (lifetime, refresh_point) in [(3_000, 2_400), (60_000, 48_000), (HOUR_MS, 2_880_000)] {
        let mut story = Story::with_token(lifetime);
        for at in [0, 1, refresh_point - 1] {
            let hand_out_for_ms = refresh_point - at;
            let expected = CallerAction::HandOut { token: 1, hand_out_for_ms, start: None };
            assert_eq!(story.is_at(at).ask(), expected, "{lifetime} ms at {at}");
        }
        assert_eq!(story.is_at(refresh_point).starts().reason, Reason::Expiry, "{lifetime} ms");
    }
}

#[test]
fn a_refresh_is_one_exchange_in_the_background_while_the_old_token_is_served() {
    let mut story = Story::with_token(60_000);
    let exchange = story.is_at(48_000).leads();
    for _ in 0..1_000 {
        story.hands_out(1);
    }
    story.passes(300).hands_out(1);
    let next = story.brings(exchange, 60_000);
    assert_eq!(
        next,
        LeaderAction::Done { token: Some(2), hand_out_for_ms: 48_000, has_closed_circuit: false }
    );
    story.hands_out(2);
}

#[test]
fn while_a_refresh_is_under_way_the_token_is_fresh_until_the_leader_is_overdue() {
    let mut story = Story::with_token(60_000);
    let CallerAction::HandOut { hand_out_for_ms, start: Some(start), .. } =
        story.is_at(48_000).ask()
    else {
        panic!("a refresh is due")
    };
    assert_eq!(hand_out_for_ms, 250);
    assert_eq!(story.attempts(start.exchange), Some(10_000));
    let served = |hand_out_for_ms| CallerAction::HandOut { token: 1, hand_out_for_ms, start: None };
    // The wait point, at 57,000, is before the leader is overdue, at 58,250.
    assert_eq!(story.is_at(48_001).ask(), served(8_999));
}

#[test]
fn a_failed_refresh_waits_a_tenth_of_the_lifetime_at_first() {
    for (lifetime, refresh_point, wait) in [(3_000, 2_400, 300), (20_000, 16_000, 2_000)] {
        let mut story = Story::with_token(lifetime);
        story.is_at(refresh_point).tries(network());
        story.passes(wait - 1).hands_out(1);
        story.passes(1).starts();
    }
}

#[test]
fn failed_refreshes_wait_from_5_seconds_doubling_to_a_minute() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000);
    for wait in [5_000, 10_000, 20_000, 40_000, 60_000, 60_000] {
        story.tries(network());
        let served = CallerAction::HandOut { token: 1, hand_out_for_ms: wait, start: None };
        assert_eq!(story.ask(), served);
        story.passes(wait - 1).hands_out(1);
        story.passes(1);
    }
    let exchange = story.leads();
    story.brings(exchange, HOUR_MS);
    story.passes(2_880_000).tries(network());
    story.passes(4_999).hands_out(2);
    story.passes(1).starts();
}

#[test]
fn a_failed_refresh_waits_as_long_as_the_service_asks() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000).tries(asking_for(31_000));
    story.passes(30_999).hands_out(1);
    story.passes(1).starts();
}

#[test]
fn a_refresh_that_brings_no_better_token_waits_like_one_that_failed() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000);
    for wait in [5_000, 10_000, 20_000] {
        let exchange = story.leads();
        // The service returns the same token again, which seems to expire a little sooner.
        let left = HOUR_MS - story.monotonic_ms - 1_000;
        let next =
            story.lifecycle.succeeded(story.monotonic_ms, exchange, new_token(left, HOUR_MS));
        assert_eq!(
            next,
            LeaderAction::Done { token: None, hand_out_for_ms: 0, has_closed_circuit: false }
        );
        story.passes(wait - 1).hands_out(1);
        story.passes(1);
    }
    story.gets_token(HOUR_MS);
    story.hands_out(2);
}

#[test]
fn with_the_largest_refresh_ahead_one_token_is_still_one_exchange() {
    let mut story = Story::new(Policy { refresh_ahead: 0.9, ..POLICY });
    let mut exchanges = 0;
    for at in 0..60_000 {
        story.is_at(at);
        match story.ask() {
            CallerAction::Start { start, .. }
            | CallerAction::HandOut { start: Some(start), .. } => {
                exchanges += 1;
                story.attempts(start.exchange).expect("leads");
                let new = NewToken { jitter: 1.0, ..new_token(60_000, 60_000) };
                story.lifecycle.succeeded(at, start.exchange, new);
            }
            _ => {}
        }
    }
    // A token is fresh for a twentieth of its life at least: 3,000 ms.
    assert_eq!(exchanges, 20);
}

#[test]
fn a_token_that_is_due_for_a_refresh_when_it_comes_waits_like_after_a_failure() {
    let mut story = Story::new(Policy { refresh_ahead: 0.9, ..POLICY });
    let exchange = story.leads();
    // The service keeps returning a token that it issued half an hour ago.
    let comes = |story: &mut Story, exchange| {
        let left = HOUR_MS / 2 - story.monotonic_ms;
        story.lifecycle.succeeded(story.monotonic_ms, exchange, new_token(left, HOUR_MS))
    };
    assert!(matches!(comes(&mut story, exchange), LeaderAction::Done { token: Some(1), .. }));
    for (token, wait) in [(1, 5_000), (2, 10_000), (3, 20_000), (4, 40_000), (5, 60_000)] {
        story.passes(wait - 1).hands_out(token);
        let exchange = story.passes(1).leads();
        assert!(matches!(comes(&mut story, exchange), LeaderAction::Done { token: Some(_), .. }));
    }
    let exchange = story.passes(60_000).leads();
    story.brings(exchange, HOUR_MS);
    story.passes(360_000).tries(network());
    story.passes(4_999).hands_out(7);
    story.passes(1).starts();
}

#[test]
fn a_token_that_comes_at_its_refresh_point_waits_and_one_that_comes_a_millisecond_before_does_not()
{
    let window_ms = HOUR_MS / 5;
    for (left_ms, wait_ms) in [(window_ms, 5_000), (window_ms + 1, 1)] {
        let mut story = Story::new(POLICY);
        let exchange = story.leads();
        story.lifecycle.succeeded(0, exchange, new_token(left_ms, HOUR_MS));
        story.passes(wait_ms - 1).hands_out(1);
        story.passes(1).starts();
    }
}
