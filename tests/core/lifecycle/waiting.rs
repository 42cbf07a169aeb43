use pay4power_auth::error::Code;
use pay4power_auth::lifecycle::{CallerAction, LeaderAction, Lifecycle, NewToken, Policy, Reason};

use super::story::{POLICY, Story, asking_for, failure, network};

#[test]
fn many_callers_share_one_exchange() {
    let mut lifecycle: Lifecycle = Lifecycle::new(POLICY);
    let CallerAction::Start { start, .. } = lifecycle.ask(0, None) else {
        panic!("no exchange is under way")
    };
    assert_eq!(start.reason, Reason::Absent);
    assert!(lifecycle.progress(0, start.exchange, 10_000, None));
    for _ in 0..10_000 {
        assert!(matches!(lifecycle.ask(1, None), CallerAction::Wait { .. }));
    }
    let new = NewToken { expires_in_ms: 3_600_000, lifetime_ms: 3_600_000, jitter: 0.5 };
    let next = lifecycle.succeeded(300, start.exchange, new);
    assert_eq!(
        next,
        LeaderAction::Done {
            token: Some(1),
            hand_out_for_ms: 2_700_000,
            has_closed_circuit: false
        }
    );
    assert!(matches!(
        lifecycle.ask(301, None),
        CallerAction::HandOut { token: 1, start: None, .. }
    ));
}

#[test]
fn an_exchange_ends_at_its_deadline_and_all_callers_fail() {
    let mut story = Story::new(POLICY);
    let exchange = story.leads();
    assert_eq!(story.passes(10_000).pauses(exchange, asking_for(14_000)), Some(14_000));
    assert_eq!(story.passes(14_000).attempts(exchange), Some(6_000));
    // The leader is overdue 250 ms after the deadline.
    story.is_at(30_249).waits();
    let next = story.is_at(30_000).fails(exchange, failure(Code::Timeout));
    assert_eq!(next, LeaderAction::Failed { has_opened_circuit: false });
    story.fails_at_once(&failure(Code::Timeout));
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
    // The leader's own deadline is over, and the exchange ends at the same moment.
    story.is_at(29_999);
    assert_eq!(story.ask_again(0), CallerAction::Wait { wait_ms: 1, asked_at_ms: 0 });
    story.passes(1);
    story.fails_after_waiting(0, &network());
    // The other callers came later.
    let again = story.ask_again(9_000);
    assert_eq!(again, CallerAction::Wait { wait_ms: 250, asked_at_ms: 9_000 });
}

#[test]
fn a_caller_past_its_deadline_gets_the_latest_failure_even_while_another_attempt_runs() {
    let mut story = Story::new(Policy { deadline_ms: 5_000, ..POLICY });
    let exchange = story.leads();
    story.pauses(exchange, network()).expect("leads");
    story.passes(100).pauses(exchange, asking_for(200)).expect("leads");
    story.passes(300).attempts(exchange).expect("leads");
    story.is_at(5_000).fails_after_waiting(0, &asking_for(200));
}

#[test]
fn a_caller_past_its_deadline_without_a_failure_gets_a_timeout() {
    let mut story = Story::new(Policy { deadline_ms: 5_000, ..POLICY });
    story.leads();
    assert_eq!(story.passes(100).waits(), 5_000);
    let CallerAction::Fail { error, .. } = story.is_at(5_100).ask_again(100) else {
        panic!("the deadline is over")
    };
    assert_eq!((error.code, error.retryable), (Code::Timeout, true));
    assert!(error.message.contains("5000 ms"), "{}", error.message);
}
