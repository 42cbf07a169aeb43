use pay4power_auth::error::{Code, Error};
use pay4power_auth::lifecycle::{Ask, Lifecycle, Next, Policy, Reason};

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
