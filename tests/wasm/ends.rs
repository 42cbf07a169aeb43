//! The ends of an exchange (timeout, deadline, abort signal), its retries, and its progress reports.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{
    Exchange, GOOD, at, bool_at, eval, is_same, number_at, text_at, with_options,
};

/// The last part of a scene: a fetch that never answers.
const SILENT: &str = "new Promise(() => {})";

#[wasm_bindgen_test]
async fn an_attempt_ends_at_its_time() {
    let exchange = Exchange::answered(SILENT, &with_options("{ timeoutMs: 5 }")).await;
    assert_eq!(exchange.code(), "P4P_TIMEOUT");
    assert!(exchange.message().contains("within 5 ms"), "{}", exchange.message());
    assert!(exchange.is_request_ended());
    assert!(at(exchange.error(), "cause").is_undefined());
}

#[wasm_bindgen_test]
async fn a_body_that_stalls_ends_at_the_attempts_time() {
    let stalling = "new Response(new ReadableStream({ \
        start: (stream) => stream.enqueue(new Uint8Array([0x7b])) }))";
    let exchange = Exchange::answered(stalling, &with_options("{ timeoutMs: 5 }")).await;
    assert_eq!(exchange.code(), "P4P_TIMEOUT");
    assert_eq!(number_at(exchange.error(), "status"), 200.0);
    assert!(exchange.is_request_ended());
}

#[wasm_bindgen_test]
async fn the_deadline_ends_an_attempt_too() {
    let options = with_options("{ timeoutMs: 60_000, deadlineMs: 5, retries: 10 }");
    let exchange = Exchange::answered(SILENT, &options).await;
    assert_eq!(exchange.code(), "P4P_TIMEOUT");
    assert_eq!(exchange.calls(), 1.0);
}

#[wasm_bindgen_test]
async fn a_signal_that_has_aborted_lets_nothing_be_sent() {
    for reason in ["new RangeError('left')", "'left'", "0"] {
        let rest =
            format!("signal: AbortSignal.abort({reason}), progress: () => calls.push('reported')");
        let exchange = Exchange::answered(SILENT, &rest).await;
        assert!(is_same(exchange.error(), &at(&exchange.scene, "signal.reason")), "{reason}");
        assert_eq!(exchange.calls(), 0.0);
    }
}

#[wasm_bindgen_test]
async fn a_signal_that_aborts_rejects_with_its_reason_and_ends_the_request() {
    for when in ["controller.abort(reason)", "queueMicrotask(() => controller.abort(reason))"] {
        let exchange = Exchange::run(&format!(
            "const calls = [];
            const controller = new AbortController();
            const reason = {{ left: true }};
            const fetch = (url, {{ signal }}) => {{
                calls.push({{ signal }});
                {when};
                return {SILENT};
            }};
            return {{ calls, fetch, reason, signal: controller.signal }};"
        ))
        .await;
        assert!(is_same(exchange.error(), &at(&exchange.scene, "reason")), "{when}");
        assert_eq!(exchange.calls(), 1.0);
        assert!(exchange.is_request_ended());
    }
}

#[wasm_bindgen_test]
async fn a_signal_ends_a_wait_and_whatever_else_is_to_come() {
    for aborts_at in ["attempt", "wait"] {
        let exchange = Exchange::answered(
            "new Response('{}', { status: 503, headers: { 'Retry-After': '20' } })",
            &format!(
                "options: {{ retries: 10 }},
                ...(() => {{
                    const controller = new AbortController();
                    const progress = ({{ step }}) => {{
                        if (step === '{aborts_at}') controller.abort('left');
                    }};
                    return {{ progress, signal: controller.signal }};
                }})()"
            ),
        )
        .await;
        assert_eq!(exchange.error().as_string().as_deref(), Some("left"));
        assert_eq!(exchange.calls(), if aborts_at == "wait" { 1.0 } else { 0.0 });
    }
    // The same during the wait: the abort comes after the report.
    let exchange = Exchange::answered(
        "new Response('{}', { status: 503, headers: { 'Retry-After': '20' } })",
        "options: { retries: 10 },
        ...(() => {
            const controller = new AbortController();
            const progress = ({ step }) => {
                if (step === 'wait') setTimeout(() => controller.abort('left'));
            };
            return { progress, signal: controller.signal };
        })()",
    )
    .await;
    assert_eq!(exchange.error().as_string().as_deref(), Some("left"));
    assert_eq!(exchange.calls(), 1.0);
}

#[wasm_bindgen_test]
async fn a_signal_keeps_no_listener_of_an_exchange_that_has_ended() {
    let exchange = Exchange::answered(
        &format!("new Response({GOOD})"),
        "...(() => {
            const { signal } = new AbortController();
            const listeners = [];
            signal.addEventListener = (_, listener) => listeners.push(listener);
            signal.removeEventListener = (_, listener) =>
                listeners.splice(listeners.indexOf(listener), 1).length || listeners.push('another');
            return { signal, listeners };
        })()",
    )
    .await;
    exchange.token();
    assert_eq!(number_at(&exchange.scene, "listeners.length"), 0.0);
}

#[wasm_bindgen_test]
async fn a_retryable_failure_is_retried_and_its_progress_is_reported() {
    let exchange = Exchange::answered(
        &format!("count === 1 ? new Response('{{}}', {{ status: 503 }}) : new Response({GOOD})"),
        "reports: calls.reports = [], options: { retries: 1 }, progress: (at) => calls.reports.push(at)",
    )
    .await;
    assert_eq!(text_at(exchange.token(), "value"), "opaque");
    assert_eq!(exchange.calls(), 2.0);
    let report = |path: &str| at(&exchange.scene, &format!("reports.{path}"));
    let number = |path: &str| number_at(&exchange.scene, &format!("reports.{path}"));
    let reasons = ["0", "1", "2"].map(|at| text_at(&report(at), "step"));
    assert_eq!(reasons, ["attempt", "wait", "attempt"]);
    assert_eq!(number("length"), 3.0);
    assert_eq!([number("0.attempt"), number("1.attempt"), number("2.attempt")], [1.0, 1.0, 2.0]);
    let now_ms = eval("performance.now()").as_f64().expect("a number");
    assert!(number("0.untilMs") <= now_ms + 10_000.0, "the time of one attempt");
    assert!(number("0.untilMs") < number("2.untilMs"));
    assert!(number("1.untilMs") <= now_ms, "the wait is over");
    assert!((0.0..=200.0).contains(&number("1.waitMs")));
    assert_eq!(text_at(&report("1"), "error.code"), "P4P_SERVICE_UNAVAILABLE");
    assert!(bool_at(&report("1"), "error.retryable"));
}

#[wasm_bindgen_test]
async fn a_failure_that_is_not_retryable_is_tried_once() {
    let options = with_options("{ retries: 10 }");
    let exchange = Exchange::answered("new Response('{}', { status: 401 })", &options).await;
    assert_eq!(exchange.code(), "P4P_CREDENTIALS_REJECTED");
    assert_eq!(exchange.calls(), 1.0);
}

#[wasm_bindgen_test]
async fn a_retry_after_beyond_the_deadline_fails_at_once() {
    let exchange = Exchange::answered(
        "new Response('{}', { status: 429, headers: { 'Retry-After': '60' } })",
        &with_options("{ retries: 10, deadlineMs: 30_000 }"),
    )
    .await;
    assert_eq!(exchange.code(), "P4P_RATE_LIMITED");
    assert_eq!(number_at(exchange.error(), "retryAfterMs"), 60_000.0);
    assert!(bool_at(exchange.error(), "retryable"));
    assert_eq!(exchange.calls(), 1.0);
}

#[wasm_bindgen_test]
async fn a_progress_function_that_throws_changes_nothing() {
    let exchange = Exchange::answered(
        &format!("count === 1 ? new Response('{{}}', {{ status: 503 }}) : new Response({GOOD})"),
        "options: { retries: 1 }, progress: () => { throw new Error('its own affair') }",
    )
    .await;
    assert_eq!(text_at(exchange.token(), "value"), "opaque");
    assert_eq!(exchange.calls(), 2.0);
}

#[wasm_bindgen_test]
async fn exchanges_under_way_at_once_do_not_touch_each_other() {
    let left = format!(
        "const calls = [];
        const controller = new AbortController();
        const fetch = () => {{ queueMicrotask(() => controller.abort('left')); return {SILENT}; }};
        return {{ calls, fetch, signal: controller.signal }};"
    );
    let left = Exchange::run(&left);
    let late = Exchange::answered(SILENT, "options: { timeoutMs: 5 }");
    let good =
        format!("(await new Promise((resolve) => setTimeout(resolve)), new Response({GOOD}))");
    let good = Exchange::answered(&good, "");
    let (left, late, good) = futures_util::future::join3(left, late, good).await;
    assert_eq!(left.error().as_string().as_deref(), Some("left"));
    assert_eq!(late.code(), "P4P_TIMEOUT");
    assert_eq!(text_at(good.token(), "value"), "opaque");
}
