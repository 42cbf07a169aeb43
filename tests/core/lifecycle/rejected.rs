use pay4power_auth::lifecycle::{CallerAction, Reason};

use super::story::{HOUR_MS, Story, rejected};

/// The results of `unauthorized`: send the request again with another token, or return the 401.
const REPLAY: bool = true;
const RETURN: bool = false;

/// The current token gets a 401, an exchange brings a new one, and that gets a 401 too.
#[track_caller]
fn forces_in_vain(story: &mut Story, token: u32) -> u32 {
    assert_eq!(
        story.lifecycle.unauthorized(story.monotonic_ms, token),
        REPLAY,
        "at {}",
        story.monotonic_ms
    );
    let newer = story.gets_token(HOUR_MS);
    story.lifecycle.replayed(story.monotonic_ms, newer, true);
    newer
}

#[test]
fn a_thousand_401s_of_one_token_force_one_exchange() {
    let mut story = Story::with_token(HOUR_MS);
    for _ in 0..500 {
        assert_eq!(story.lifecycle.unauthorized(0, 1), REPLAY);
    }
    assert_eq!(story.starts().reason, Reason::Rejected);
    for _ in 0..500 {
        assert_eq!(story.lifecycle.unauthorized(0, 1), REPLAY);
        story.waits();
    }
    assert!(matches!(
        story.brings(1, HOUR_MS),
        pay4power_auth::lifecycle::LeaderAction::Done { .. }
    ));
    story.hands_out(2);
    // A late 401 is sent again with the newer token and forces no exchange.
    assert_eq!(story.lifecycle.unauthorized(0, 1), REPLAY);
    story.hands_out(2);
}

#[test]
fn after_a_second_401_none_forces_an_exchange_for_5_seconds_doubling_to_5_minutes() {
    let mut story = Story::with_token(HOUR_MS);
    let mut token = 1;
    for wait in [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
        token = forces_in_vain(&mut story, token);
        for ms in [0, wait - 1] {
            assert_eq!(
                story.lifecycle.unauthorized(story.monotonic_ms + ms, token),
                RETURN,
                "{wait}"
            );
        }
        story.passes(wait - 1).hands_out(token);
        story.passes(1);
    }
    assert_eq!(story.lifecycle.unauthorized(story.monotonic_ms, token), REPLAY);
}

#[test]
fn the_second_401_counts_once_for_a_token() {
    let mut story = Story::with_token(HOUR_MS);
    let token = forces_in_vain(&mut story, 1);
    for _ in 0..1_000 {
        story.lifecycle.replayed(0, token, true);
        story.lifecycle.replayed(0, 1, true);
    }
    assert_eq!(story.lifecycle.unauthorized(4_999, token), RETURN);
    assert_eq!(story.lifecycle.unauthorized(5_000, token), REPLAY);
}

#[test]
fn a_newer_token_that_is_accepted_ends_the_cool_down_and_its_doubling() {
    let mut story = Story::with_token(HOUR_MS);
    let token = forces_in_vain(&mut story, 1);
    assert_eq!(story.lifecycle.unauthorized(5_000, token), REPLAY);
    let token = story.is_at(5_000).gets_token(HOUR_MS);
    story.lifecycle.replayed(5_000, token, false);
    let token = forces_in_vain(&mut story, token);
    assert_eq!(story.lifecycle.unauthorized(9_999, token), RETURN);
    assert_eq!(story.lifecycle.unauthorized(10_000, token), REPLAY);
}

#[test]
fn an_answer_to_a_replay_says_whether_it_changes_the_cool_down() {
    let mut story = Story::with_token(HOUR_MS);
    for (token, unauthorized, changes) in [
        (2, false, false), // there is no cool-down to end
        (3, true, true),
        (3, true, false), // a token counts once
        (3, false, false),
        (4, false, true),
        (5, false, false),
    ] {
        let changed = story.lifecycle.replayed(0, token, unauthorized);
        assert_eq!(changed, changes, "token {token}, {unauthorized}");
    }
}

#[test]
fn the_same_token_accepted_elsewhere_does_not_end_the_cool_down() {
    // One address rejects every token, and another accepts it: a new token does not help.
    let mut story = Story::with_token(HOUR_MS);
    let token = forces_in_vain(&mut story, 1);
    story.lifecycle.replayed(0, token, false);
    story.lifecycle.replayed(0, 1, false);
    assert_eq!(story.lifecycle.unauthorized(4_999, token), RETURN);
    assert_eq!(story.lifecycle.unauthorized(5_000, token), REPLAY);
}

#[test]
fn reset_ends_the_cool_down_and_its_doubling() {
    let mut story = Story::with_token(HOUR_MS);
    let token = forces_in_vain(&mut story, 1);
    story.lifecycle.reset();
    let token = forces_in_vain(&mut story, token);
    assert_eq!(story.lifecycle.unauthorized(4_999, token), RETURN);
    assert_eq!(story.lifecycle.unauthorized(5_000, token), REPLAY);
}

#[test]
fn a_401_while_the_circuit_is_open_forces_no_exchange() {
    let mut story = Story::with_token(HOUR_MS);
    story.is_at(2_880_000).tries(rejected());
    assert_eq!(story.lifecycle.unauthorized(story.monotonic_ms, 1), REPLAY);
    story.fails_at_once(&rejected());
}

#[test]
fn invalidate_drops_the_token_with_this_number_or_the_current_one() {
    let mut story = Story::with_token(HOUR_MS);
    story.lifecycle.invalidate(Some(7));
    story.hands_out(1);
    story.lifecycle.invalidate(Some(1));
    assert_eq!(story.starts().reason, Reason::Rejected);
    story.brings(2, HOUR_MS);
    story.lifecycle.invalidate(None);
    assert!(matches!(story.ask(), CallerAction::Start { .. }));
}

#[test]
fn a_request_with_an_expired_token_is_replayed_after_a_401_whether_or_not_a_caller_has_asked() {
    for asks in [false, true] {
        let mut story = Story::with_token(60_000);
        assert_eq!(story.lifecycle.unauthorized(0, 1), REPLAY);
        let token = story.gets_token(3_000);
        story.lifecycle.replayed(0, token, true);
        assert_eq!(story.lifecycle.unauthorized(2_939, token), RETURN);
        story.is_at(2_940);
        if asks {
            story.leads();
        }
        assert_eq!(story.lifecycle.unauthorized(2_940, token), REPLAY, "{asks}");
    }
}
