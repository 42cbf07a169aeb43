use pay4power_auth::lifecycle::{CallerAction, ExchangeStart, LeaderAction, Reason};
use serde::Serialize;

/// A driver's own type of error.
#[derive(Serialize)]
struct DriverError {
    code: &'static str,
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

#[test]
fn the_action_of_a_caller_is_a_tagged_object() {
    let start = ExchangeStart { exchange: 7, reason: Reason::Expiry };
    let table: [(CallerAction<DriverError>, &str); 6] = [
        (
            CallerAction::HandOut { token: 3, hand_out_for_ms: 1_000, start: Some(start) },
            r#"{"type":"handOut","token":3,"handOutForMs":1000,"start":{"exchange":7,"reason":"expiry"}}"#,
        ),
        (
            CallerAction::HandOut { token: 3, hand_out_for_ms: 0, start: None },
            r#"{"type":"handOut","token":3,"handOutForMs":0,"start":null}"#,
        ),
        (
            CallerAction::Start { start, wait_ms: 10_250, asked_at_ms: 5 },
            r#"{"type":"start","start":{"exchange":7,"reason":"expiry"},"waitMs":10250,"askedAtMs":5}"#,
        ),
        (
            CallerAction::Wait { wait_ms: 250, asked_at_ms: -5 },
            r#"{"type":"wait","waitMs":250,"askedAtMs":-5}"#,
        ),
        (
            CallerAction::Fail {
                error: DriverError { code: "P4P_NETWORK" },
                fails_for_ms: Some(7),
            },
            r#"{"type":"fail","error":{"code":"P4P_NETWORK"},"failsForMs":7}"#,
        ),
        (
            CallerAction::Fail { error: DriverError { code: "P4P_NETWORK" }, fails_for_ms: None },
            r#"{"type":"fail","error":{"code":"P4P_NETWORK"},"failsForMs":null}"#,
        ),
    ];
    for (ask, expected) in table {
        assert_eq!(json(&ask), expected);
    }
}

#[test]
fn the_next_action_of_a_leader_is_a_tagged_object() {
    let table = [
        (
            LeaderAction::Done { token: Some(3), hand_out_for_ms: 1_000, has_closed_circuit: true },
            r#"{"type":"done","token":3,"handOutForMs":1000,"hasClosedCircuit":true}"#,
        ),
        (
            LeaderAction::Done { token: None, hand_out_for_ms: 0, has_closed_circuit: false },
            r#"{"type":"done","token":null,"handOutForMs":0,"hasClosedCircuit":false}"#,
        ),
        (
            LeaderAction::Failed { has_opened_circuit: true },
            r#"{"type":"failed","hasOpenedCircuit":true}"#,
        ),
        (
            LeaderAction::Exchange { deadline_ms: 29_000 },
            r#"{"type":"exchange","deadlineMs":29000}"#,
        ),
        (LeaderAction::Superseded, r#"{"type":"superseded"}"#),
    ];
    for (next, expected) in table {
        assert_eq!(json(&next), expected);
    }
}

#[test]
fn reasons_have_the_names_of_the_events() {
    let reasons =
        [Reason::Absent, Reason::Expiry, Reason::Rejected, Reason::Failure, Reason::Abandoned];
    assert_eq!(json(&reasons), r#"["absent","expiry","rejected","failure","abandoned"]"#);
}
