//! TypeScript types of the values that cross the border. Each names the Rust type that serde serializes
//! to it.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::value::JsJson;
use crate::stored::Miss;
use crate::token::Token;

/// A stored token, or the reason why it is not usable.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum StoredToken {
    Token { token: Token<JsJson> },
    Miss { reason: Miss },
}

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** `token::Token`. Instants are epoch milliseconds. */
export interface TokenRecord {
    readonly value: string;
    readonly expiresAtMs: number;
    /** The expiry that the service states, on its own clock. */
    readonly statedEndMs: number;
    readonly lifetimeMs: number;
    readonly issuedAtMs: number | null;
    readonly claims: Record<string, unknown> | null;
    readonly correlationId: string | null;
}

/** `error::Error`. */
export interface ErrorRecord {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
    readonly status: number | null;
    readonly statusCode: number | null;
    readonly correlationId: string | null;
    readonly retryAfterMs: number | null;
    readonly errors: readonly unknown[];
    /** The exception, if any. It can hold a secret. */
    readonly cause?: unknown;
}

/** `options::ClientPolicy`. */
export interface ClientPolicy {
    readonly timeoutMs: number;
    readonly retries: number;
    readonly deadlineMs: number;
    readonly refreshAhead: number;
    readonly hasStore: boolean;
    readonly baseUrl: string | null;
    readonly tokenUrl: string;
    readonly environment: string;
}

/** `types::StoredToken`. */
export type StoredToken =
    | { readonly type: "token"; readonly token: TokenRecord }
    | { readonly type: "miss"; readonly reason: "unusable" | "expired" | "clock" };

/** `authenticate::Progress`. `untilMs` is a reading of the monotonic clock. */
export type Progress =
    | { readonly step: "attempt"; readonly attempt: number; readonly untilMs: number }
    | {
        readonly step: "wait";
        readonly attempt: number;
        readonly untilMs: number;
        readonly waitMs: number;
        readonly error: ErrorRecord;
    };

/** `lifecycle::Reason`. */
export type Reason = "absent" | "expiry" | "rejected" | "failure" | "abandoned";

/** `lifecycle::ExchangeStart`. */
export interface ExchangeStart {
    readonly exchange: number;
    readonly reason: Reason;
}

/** `lifecycle::CallerAction`. */
export type CallerAction =
    | { readonly type: "handOut"; readonly token: number; readonly handOutForMs: number; readonly start: ExchangeStart | null }
    | { readonly type: "start"; readonly start: ExchangeStart; readonly waitMs: number; readonly askedAtMs: number }
    | { readonly type: "wait"; readonly waitMs: number; readonly askedAtMs: number }
    | { readonly type: "fail"; readonly error: ErrorRecord; readonly failsForMs: number | null };

/** `lifecycle::State`. */
export interface LifecycleState {
    readonly token: "fresh" | "refresh-soon" | "expiring" | "expired";
    readonly exchanging: boolean;
    readonly circuit: "closed" | "open";
    readonly retryInMs: number | null;
    readonly lastFailure: ErrorRecord | null;
}

/** `lifecycle::LeaderAction`. */
export type LeaderAction =
    | { readonly type: "done"; readonly token: number | null; readonly handOutForMs: number; readonly hasClosedCircuit: boolean }
    | { readonly type: "failed"; readonly hasOpenedCircuit: boolean }
    | { readonly type: "exchange"; readonly deadlineMs: number }
    | { readonly type: "superseded" };
"#;
