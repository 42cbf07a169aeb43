use pay4power_auth::error::Code;
use pay4power_auth::lifecycle::{Ask, Lifecycle, Next, Policy, Reason};

use super::story::{POLICY, Story, asking_for, failure, network};

const PATIENT: Policy = Policy { retries: 10, ..POLICY };

#[test]
fn many_ask_and_one_exchange_is_made() {
    let mut lifecycle: Lifecycle = Lifecycle::new(POLICY);
    let Ask::Start { start, .. } = lifecycle.ask(0, None) else { panic!("nobody leads") };
    assert_eq!(start.reason, Reason::Absent);
    assert_eq!(lifecycle.attempt(0, start.exchange), Some(10_000));
    for _ in 0..10_000 {
        assert!(matches!(lifecycle.ask(1, None), Ask::Wait { .. }));
    }
    let next = lifecycle.succeeded(300, start.exchange, 3_600_000, 3_600_000, 0.5);
    assert_eq!(next, Next::Done { token: Some(1), fresh_for_ms: 2_700_000, closed: false });
    assert!(matches!(lifecycle.ask(301, None), Ask::HandOut { token: 1, start: None, .. }));
}

#[test]
fn an_exchange_has_as_many_attempts_as_the_policy_says() {
    for retries in [0, 1, 2, 5] {
        let mut story = Story::new(Policy { retries, ..POLICY });
        let exchange = story.leads();
        for _ in 0..retries {
            let next = story.machine.failed(story.now, exchange, network(), 0.0);
            assert_eq!(next, Next::Retry { wait_ms: 0 });
            assert!(story.machine.attempt(story.now, exchange).is_some());
        }
        assert_eq!(
            story.fails(exchange, network()),
            Next::Failed { error: network(), opened: false }
        );
    }
}

#[test]
fn what_no_retry_mends_is_not_tried_again() {
    let mut story = Story::new(PATIENT);
    let exchange = story.leads();
    let error = failure(Code::BadResponse);
    assert_eq!(story.fails(exchange, error.clone()), Next::Failed { error, opened: false });
}

#[test]
fn waits_between_attempts_have_full_jitter_from_200_ms_doubling_to_5_seconds() {
    let mut story = Story::new(PATIENT);
    let exchange = story.leads();
    for most in [200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
        for (jitter, expected) in [(0.0, 0), (0.5, most / 2), (1.0, most)] {
            let mut other = story.machine.clone();
            let next = other.failed(story.now, exchange, network(), jitter);
            assert_eq!(next, Next::Retry { wait_ms: expected }, "{most} ms, {jitter}");
        }
        story.fails(exchange, network());
        story.passes(most);
        story.machine.attempt(story.now, exchange).expect("leads");
    }
}

#[test]
fn a_wait_that_is_asked_for_is_honoured_within_the_deadline() {
    // From the beginning of the exchange, and what is left of its 30,000 ms.
    for (passed, asked, next) in [
        (0, 29_999, Some(29_999)),
        (0, 30_000, None),
        (0, 30_001, None),
        (10_000, 19_999, Some(19_999)),
        (10_000, 20_000, None),
        (0, i64::MAX, None),
    ] {
        let mut story = Story::new(PATIENT);
        let exchange = story.leads();
        let found = story.passes(passed).fails(exchange, asking_for(asked));
        let expected = match next {
            Some(wait_ms) => Next::Retry { wait_ms },
            None => Next::Failed { error: asking_for(asked), opened: false },
        };
        assert_eq!(found, expected, "after {passed} ms, asked for {asked}");
    }
}

#[test]
fn a_wait_that_is_asked_for_never_shortens_the_backoff() {
    let mut story = Story::new(PATIENT);
    let exchange = story.leads();
    assert_eq!(story.fails(exchange, asking_for(199)), Next::Retry { wait_ms: 200 });
}

#[test]
fn one_deadline_is_over_all_attempts_and_cuts_the_last_one_short() {
    let mut story = Story::new(PATIENT);
    let exchange = story.leads();
    story.passes(10_000).fails(exchange, asking_for(14_000));
    story.passes(14_000);
    assert_eq!(story.machine.attempt(story.now, exchange), Some(6_000));
    // Due at the deadline, and as much later as any leader may be.
    story.is_at(30_249).waits();
    let next = story.is_at(30_000).fails(exchange, failure(Code::Timeout));
    assert!(matches!(next, Next::Failed { .. }), "{next:?}");
}

#[test]
fn a_caller_waits_no_longer_than_its_own_deadline_whenever_it_came() {
    let mut story = Story::new(PATIENT);
    let exchange = story.leads();
    let mut asked_at_ms = Vec::new();
    for _ in 0..3 {
        story.passes(9_000).fails(exchange, network());
        asked_at_ms.push(story.now);
        story.waits();
        story.passes(100);
        story.machine.attempt(story.now, exchange).expect("leads");
    }
    // The leader's own time is over; the exchange was cut short at the same moment.
    story.is_at(29_999);
    assert_eq!(story.ask_again(0), Ask::Wait { wait_ms: 1, asked_at_ms: 0 });
    story.passes(1);
    assert_eq!(story.ask_again(0), Ask::Fail(network()));
    // The others have come later.
    let again = story.ask_again(9_000);
    assert_eq!(again, Ask::Wait { wait_ms: 250, asked_at_ms: 9_000 });
}

#[test]
fn who_waits_in_vain_without_a_failure_to_tell_of_is_told_of_a_timeout() {
    let mut story = Story::new(Policy { deadline_ms: 5_000, ..POLICY });
    story.leads();
    assert_eq!(story.passes(100).waits(), 5_000);
    let Ask::Fail(error) = story.is_at(5_100).ask_again(100) else { panic!("its time is over") };
    assert_eq!((error.code, error.retryable), (Code::Timeout, true));
    assert!(error.message.contains("5000 ms"), "{}", error.message);
}
