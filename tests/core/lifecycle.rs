use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{
    Ask, Lifecycle, Next, PATIENCE_MS, Points, Policy, Reason, Unauthorized,
};

const POLICY: Policy =
    Policy { timeout_ms: 10_000, retries: 2, deadline_ms: 30_000, refresh_ahead: 0.2 };

fn failure(code: Code, retryable: bool) -> Error {
    Error { retryable, ..Error::new(code, String::new()) }
}

#[test]
fn many_ask_and_one_exchange_is_made() {
    let mut lifecycle = Lifecycle::new(POLICY);
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
fn rejected_keys_open_a_circuit_that_one_probe_may_close() {
    let mut lifecycle = Lifecycle::new(POLICY);
    let mut now = 0;
    for cool_down in [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000] {
        let Ask::Start { start, .. } = lifecycle.ask(now, None) else { panic!("nobody probes") };
        lifecycle.attempt(now, start.exchange);
        let error = failure(Code::CredentialsRejected, false);
        lifecycle.failed(now, start.exchange, error.clone(), 0.5);
        assert_eq!(lifecycle.ask(now + cool_down - 1, None), Ask::Fail(error));
        now += cool_down;
    }
    assert!(lifecycle.reset());
    assert!(matches!(lifecycle.ask(now - 1, None), Ask::Start { .. }));
}

/// A lifecycle whose token of that life was got at time 0, and moved its soft point not at all.
fn with_token(lifetime_ms: i64) -> Lifecycle {
    let mut lifecycle = Lifecycle::new(POLICY);
    exchange(&mut lifecycle, 0, lifetime_ms);
    lifecycle
}

fn lead(lifecycle: &mut Lifecycle, now: i64) -> u32 {
    let (Ask::Start { start, .. } | Ask::HandOut { start: Some(start), .. }) =
        lifecycle.ask(now, None)
    else {
        panic!("nobody leads at {now}")
    };
    lifecycle.attempt(now, start.exchange);
    start.exchange
}

fn exchange(lifecycle: &mut Lifecycle, now: i64, lifetime_ms: i64) {
    let exchange = lead(lifecycle, now);
    lifecycle.succeeded(now, exchange, lifetime_ms, lifetime_ms, 0.0);
}

fn fail(lifecycle: &mut Lifecycle, now: i64) {
    let exchange = lead(lifecycle, now);
    lifecycle.failed(now, exchange, failure(Code::BadResponse, false), 0.0);
}

const fn is_handed_out(ask: &Ask, starting: bool) -> bool {
    matches!(ask, Ask::HandOut { start, .. } if start.is_some() == starting)
}

#[test]
fn the_points_scale_with_the_lifetime() {
    for (lifetime, soft, hard, dead) in [
        (3_000, 2_400, 2_850, 2_940),
        (60_000, 48_000, 57_000, 58_800),
        (3_600_000, 2_880_000, 3_570_000, 3_598_000),
    ] {
        let at = |now: i64| with_token(lifetime).ask(now, None);
        assert!(is_handed_out(&at(soft - 1), false));
        assert!(is_handed_out(&at(soft), true));
        assert!(is_handed_out(&at(hard - 1), true));
        assert!(matches!(at(hard), Ask::Start { .. }));
        assert!(matches!(at(dead), Ask::Start { .. }));
    }
    for (refresh_ahead, jitter, soft) in
        [(0.0, 1.0, 57_000), (0.2, 1.0, 42_000), (0.9, 1.0, -21_000)]
    {
        assert_eq!(Points::new(60_000, 60_000, refresh_ahead, jitter).soft_ms, soft);
    }
}

#[test]
fn an_expiring_token_is_waited_over_for_a_second_at_most() {
    let mut lifecycle = with_token(3_600_000);
    let hard = 3_570_000;
    let Ask::Start { wait_ms, asked_at_ms, .. } = lifecycle.ask(hard, None) else {
        panic!("nobody leads")
    };
    assert_eq!((wait_ms, asked_at_ms), (PATIENCE_MS, hard));
    assert!(matches!(lifecycle.ask(hard + 249, Some(hard)), Ask::Wait { wait_ms: 1, .. }));
    assert!(is_handed_out(&lifecycle.ask(hard + PATIENCE_MS, Some(hard)), false));
    // The dead point comes first: the wait ends there, and without the token.
    let Ask::Start { wait_ms, .. } = with_token(3_600_000).ask(3_597_500, None) else {
        panic!("nobody leads")
    };
    assert_eq!(wait_ms, 500);
}

#[test]
fn an_expiring_token_is_handed_out_at_once_while_a_backoff_runs() {
    let mut lifecycle = with_token(3_600_000);
    fail(&mut lifecycle, 3_569_000);
    assert!(is_handed_out(&lifecycle.ask(3_570_000, None), false));
    assert!(matches!(lifecycle.ask(3_598_000, None), Ask::Start { .. }));
}

#[test]
fn background_refreshes_back_off_and_the_old_token_is_served() {
    for (lifetime, first) in [(3_600_000, 5_000), (30_000, 3_000)] {
        let mut lifecycle = with_token(lifetime);
        let mut now = lifetime * 8 / 10;
        fail(&mut lifecycle, now);
        assert!(is_handed_out(&lifecycle.ask(now + first - 1, None), false));
        now += first;
        fail(&mut lifecycle, now);
        let next = now + 2 * first;
        if next < lifetime * 95 / 100 {
            assert!(is_handed_out(&lifecycle.ask(next - 1, None), false));
            assert!(is_handed_out(&lifecycle.ask(next, None), true));
        }
    }
}

#[test]
fn failures_without_a_token_are_remembered_longer_each_time() {
    let mut lifecycle = Lifecycle::new(POLICY);
    let mut now = 0;
    for wait in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        fail(&mut lifecycle, now);
        assert!(matches!(lifecycle.ask(now + wait - 1, None), Ask::Fail(_)));
        now += wait;
    }
    exchange(&mut lifecycle, now, 3_000);
    fail(&mut lifecycle, now + 3_000);
    assert!(matches!(lifecycle.ask(now + 4_000, None), Ask::Start { .. }), "counted anew");
}

#[test]
fn a_good_token_is_served_while_the_circuit_is_open() {
    let mut lifecycle = with_token(3_600_000);
    let now = 2_880_000;
    let leader = lead(&mut lifecycle, now);
    let next = lifecycle.failed(now, leader, failure(Code::CredentialsRejected, false), 0.0);
    assert!(matches!(next, Next::Failed { opened: true, .. }));
    assert!(is_handed_out(&lifecycle.ask(now + 29_999, None), false));
    assert!(is_handed_out(&lifecycle.ask(now + 30_000, None), true));
}

#[test]
fn retries_keep_to_their_number_their_deadline_and_the_services_wish() {
    let policy = Policy { deadline_ms: 3_000, ..POLICY };
    let retrying = |retry_after_ms: Option<i64>| {
        let mut lifecycle = Lifecycle::new(policy);
        let leader = lead(&mut lifecycle, 0);
        let error = Error { retry_after_ms, ..failure(Code::RateLimited, true) };
        lifecycle.failed(0, leader, error, 0.5)
    };
    assert_eq!(retrying(None), Next::Retry { wait_ms: 100 });
    assert_eq!(retrying(Some(2_999)), Next::Retry { wait_ms: 2_999 });
    assert!(matches!(retrying(Some(3_000)), Next::Failed { .. }));
    assert!(matches!(retrying(Some(i64::MAX)), Next::Failed { .. }));

    let mut lifecycle = Lifecycle::new(policy);
    let leader = lead(&mut lifecycle, 0);
    for (now, cap) in [(1_000, 200), (2_000, 400)] {
        let next = lifecycle.failed(now, leader, failure(Code::Network, true), 1.0);
        assert_eq!(next, Next::Retry { wait_ms: cap });
        assert_eq!(lifecycle.attempt(now + cap, leader), Some(3_000 - now - cap), "cut short");
    }
    let next = lifecycle.failed(2_500, leader, failure(Code::Network, true), 0.0);
    assert!(matches!(next, Next::Failed { .. }), "two retries are two");
}

#[test]
fn a_callers_wait_ends_at_its_own_deadline() {
    let mut lifecycle = Lifecycle::new(POLICY);
    let leader = lead(&mut lifecycle, 0);
    let Ask::Wait { asked_at_ms, .. } = lifecycle.ask(100, None) else { panic!("no wait") };
    lifecycle.failed(9_000, leader, failure(Code::ServiceUnavailable, true), 0.0);
    lifecycle.attempt(25_000, leader);
    assert!(matches!(lifecycle.ask(30_099, Some(asked_at_ms)), Ask::Wait { wait_ms: 1, .. }));
    let Ask::Fail(error) = lifecycle.ask(30_100, Some(asked_at_ms)) else { panic!("no end") };
    assert_eq!(error.code, Code::ServiceUnavailable, "what is known is told");
}

#[test]
fn a_leader_that_is_not_heard_of_is_replaced() {
    let mut lifecycle = Lifecycle::new(POLICY);
    let gone = lead(&mut lifecycle, 0);
    assert!(matches!(lifecycle.ask(10_249, None), Ask::Wait { wait_ms: 1, .. }));
    let Ask::Start { start, .. } = lifecycle.ask(10_250, None) else { panic!("nobody leads") };
    assert_eq!(start.reason, Reason::Abandoned);
    lifecycle.attempt(10_250, start.exchange);
    assert_eq!(lifecycle.attempt(10_260, gone), None);
    let error = failure(Code::Network, true);
    assert_eq!(lifecycle.failed(10_260, gone, error, 0.0), Next::Superseded);
    // It was only late: its token is as good as any, but does not replace one that lives longer.
    exchange_ends(&mut lifecycle, 10_300, gone, 60_000, Some(1));
    exchange_ends(&mut lifecycle, 10_400, start.exchange, 50_000, None);
    assert!(is_handed_out(&lifecycle.ask(10_500, None), false));
}

fn exchange_ends(lifecycle: &mut Lifecycle, now: i64, id: u32, life: i64, wanted: Option<u32>) {
    let next = lifecycle.succeeded(now, id, life, life, 0.0);
    assert!(matches!(next, Next::Done { token, .. } if token == wanted), "{next:?}");
}

#[test]
fn a_401_drops_the_token_that_it_was_for_and_no_other() {
    let mut lifecycle = with_token(3_600_000);
    assert_eq!(lifecycle.unauthorized(10, 1), Unauthorized::Replay);
    let Ask::Start { start, .. } = lifecycle.ask(10, None) else { panic!("nobody leads") };
    assert_eq!(start.reason, Reason::Rejected);
    lifecycle.attempt(10, start.exchange);
    lifecycle.succeeded(300, start.exchange, 3_600_000, 3_600_000, 0.0);
    // A thousand more were under way with the old one.
    assert_eq!(lifecycle.unauthorized(310, 1), Unauthorized::Replay);
    assert!(is_handed_out(&lifecycle.ask(310, None), false));
}

#[test]
fn a_new_tokens_401_forces_no_exchange_for_a_while() {
    let mut lifecycle = with_token(3_600_000);
    let mut now = 0;
    let mut token = 1;
    for wait in [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
        assert_eq!(lifecycle.unauthorized(now, token), Unauthorized::Replay);
        exchange(&mut lifecycle, now, 3_600_000);
        token += 1;
        for _ in 0..1_000 {
            lifecycle.replayed(now, token, true); // counts once
        }
        assert_eq!(lifecycle.unauthorized(now + wait - 1, token), Unauthorized::Return);
        assert!(is_handed_out(&lifecycle.ask(now + wait - 1, None), false));
        now += wait;
    }
    assert_eq!(lifecycle.unauthorized(now, token), Unauthorized::Replay);
    exchange(&mut lifecycle, now, 3_600_000);
    lifecycle.replayed(now, token + 1, false);
    assert_eq!(lifecycle.unauthorized(now, token + 1), Unauthorized::Replay, "counted anew");
}

#[test]
fn a_clock_that_steps_back_ends_the_token() {
    for (step, kept) in [(1_000, true), (1_001, false), (6 * 3_600_000, false)] {
        let mut lifecycle = with_token(3_600_000);
        lifecycle.observe(60_000);
        lifecycle.observe(10_000); // an older reading says nothing
        assert_eq!(is_handed_out(&lifecycle.ask(60_000 - step, None), false), kept, "{step}");
    }
    // Cool-downs go on from where they were.
    let mut lifecycle = Lifecycle::new(POLICY);
    fail(&mut lifecycle, 100_000);
    assert!(matches!(lifecycle.ask(50_000, None), Ask::Fail(_)));
    assert!(matches!(lifecycle.ask(50_999, None), Ask::Fail(_)));
    assert!(matches!(lifecycle.ask(51_000, None), Ask::Start { .. }));
}
