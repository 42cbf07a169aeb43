//! The core on the host, without Wasm and JavaScript: `cargo bench` in `bench/core`.

use divan::{Bencher, black_box};
use pay4power_auth::claims;
use pay4power_auth::error::Error;
use pay4power_auth::lifecycle::{CallerAction, Lifecycle, NewToken, Policy};
use pay4power_auth::clock_readings::ClockReadings;
use pay4power_auth::response::{Answer, RequestContext, Body, interpret};
use pay4power_auth::secret::Redaction;
use pay4power_auth_bench::{Value, answer, token};

const POLICY: Policy =
    Policy { timeout_ms: 10_000, deadline_ms: 30_000, refresh_ahead: 0.2, has_store: false };
const HOUR_MS: i64 = 3_600_000;
/// The `iat` of the contract's token.
const NOW_MS: i64 = 1_765_634_862_000;

fn main() {
    divan::main();
}

/// Asks, makes the exchange that is started, and returns the token's number.
fn exchange(lifecycle: &mut Lifecycle, now_ms: i64) -> u32 {
    let CallerAction::Start { start, .. } = lifecycle.ask(now_ms, None) else {
        panic!("no exchange is started");
    };
    lifecycle.progress(now_ms, start.exchange, now_ms + 10_000, None);
    let new = NewToken { expires_in_ms: HOUR_MS, lifetime_ms: HOUR_MS, jitter: 0.5 };
    lifecycle.succeeded(now_ms, start.exchange, new);
    start.exchange
}

#[divan::bench]
fn lifecycle_ask_with_a_fresh_token(bencher: Bencher) {
    let mut lifecycle = Lifecycle::<Error>::new(POLICY);
    exchange(&mut lifecycle, 0);
    bencher.bench_local(|| lifecycle.ask(black_box(80), None));
}

#[divan::bench]
fn lifecycle_exchange_and_rejection(bencher: Bencher) {
    let mut lifecycle = Lifecycle::<Error>::new(POLICY);
    bencher.bench_local(|| {
        let token = exchange(&mut lifecycle, black_box(0));
        lifecycle.invalidate(Some(token));
    });
}

#[divan::bench]
fn claims_decode(bencher: Bencher) {
    let token = token();
    bencher.bench(|| claims::decode::<Value>(black_box(token.as_bytes())));
}

#[divan::bench]
fn response_interpret(bencher: Bencher) {
    bencher.with_inputs(answer).bench_values(|json| {
        let moment = |monotonic_ms| ClockReadings { wall_ms: NOW_MS + monotonic_ms, monotonic_ms };
        let answer = Answer {
            status: 200,
            redirected: false,
            retry_after: None,
            date: Some("Sat, 13 Dec 2025 14:07:42 GMT"),
            age: None,
            body: Body::Json(json),
            sent: moment(0),
            received: moment(80),
        };
        let context = RequestContext {
            token_url: "https://service.example/api/token",
            environment: "TEST",
            redaction: Redaction::of_lines("PRIV_KEY_sandbox-bench"),
        };
        interpret(answer, context).is_ok()
    });
}
