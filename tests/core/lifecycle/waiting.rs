use pay4power_auth::error::Code;
use pay4power_auth::lifecycle::{Ask, Lifecycle, Next, Policy, Reason};

use super::story::{POLICY, Story, asking_for, failure, network};

#[test]
fn many_ask_and_one_exchange_is_made() {
    let mut lifecycle: Lifecycle = Lifecycle::new(POLICY);
    let Ask::Start { start, .. } = lifecycle.ask(0, None) else { panic!("nobody leads") };
    assert_eq!(start.reason, Reason::Absent);
    assert!(lifecycle.progress(0, start.exchange, 10_000, None));
    for _ in 0..10_000 {
        assert!(matches!(lifecycle.ask(1, None), Ask::Wait { .. }));
    }
    let next = lifecycle.succeeded(300, start.exchange, 3_600_000, 3_600_000, 0.5);
    assert_eq!(next, Next::Done { token: Some(1), fresh_for_ms: 2_700_000, closed: false });
    assert!(matches!(lifecycle.ask(301, None), Ask::HandOut { token: 1, start: None, .. }));
}

#[test]
fn an_exchange_that_is_cut_short_by_its_deadline_ends_there_and_all_are_told() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    assert_eq!(story.passes(10_000).pauses(exchange, asking_for(14_000)), Some(14_000));
    assert_eq!(story.passes(14_000).attempts(exchange), Some(6_000));
    // Due at the deadline, and as much later as any leader may be.
    story.is_at(30_249).waits();
    let next = story.is_at(30_000).fails(exchange, failure(Code::Timeout));
    assert_eq!(next, Next::Failed { opened: false });
    story.refuses(&failure(Code::Timeout));
}

#[test]
fn a_caller_waits_no_longer_than_its_own_deadline_whenever_it_came() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    for _ in 0..3 {
        story.passes(9_000).pauses(exchange, network()).expect("leads");
        story.waits();
        story.passes(100);
        story.attempts(exchange).expect("leads");
    }
    // The leader's own time is over; the exchange was cut short at the same moment.
    story.is_at(29_999);
    assert_eq!(story.ask_again(0), Ask::Wait { wait_ms: 1, asked_at_ms: 0 });
    story.passes(1);
    story.is_refused(0, &network());
    // The others have come later.
    let again = story.ask_again(9_000);
    assert_eq!(again, Ask::Wait { wait_ms: 250, asked_at_ms: 9_000 });
}

#[test]
fn who_waits_in_vain_is_told_of_the_latest_failure_even_while_another_attempt_runs() {
    let mut story = Story::new(Policy { deadline_ms: 5_000, ..POLICY });
    let exchange = story.leads();
    story.pauses(exchange, network()).expect("leads");
    story.passes(100).pauses(exchange, asking_for(200)).expect("leads");
    story.passes(300).attempts(exchange).expect("leads");
    story.is_at(5_000).is_refused(0, &asking_for(200));
}

#[test]
fn who_waits_in_vain_without_a_failure_to_tell_of_is_told_of_a_timeout() {
    let mut story = Story::new(Policy { deadline_ms: 5_000, ..POLICY });
    story.leads();
    assert_eq!(story.passes(100).waits(), 5_000);
    let Ask::Fail { error, .. } = story.is_at(5_100).ask_again(100) else {
        panic!("its time is over")
    };
    assert_eq!((error.code, error.retryable), (Code::Timeout, true));
    assert!(error.message.contains("5000 ms"), "{}", error.message);
}
