// The state that a client reports.
import type { AuthErrorCode, ClientState } from "../types/index.js";
import type { TokenHolder } from "./token-holder.js";

/** Returns the state. Never throws. If the core has trapped, returns the part that is known without the core. */
export function clientState(holder: TokenHolder): ClientState {
  const reported = holder.lifecycleState(); // first: this drops the token if a clock has stepped back
  const { token, lease } = holder;
  const wallMs = Date.now();
  const freshOrDue = wallMs < lease.untilWallMs ? "fresh" : "refresh-soon";
  const isExpired = token && token.expiresAtMs <= wallMs;
  const { retryInMs = null, lastFailure = null } = reported ?? {};
  return {
    token: token === undefined ? "none" : (reported?.token ?? (isExpired ? "expired" : freshOrDue)),
    expiresAtMs: token?.expiresAtMs ?? null,
    exchanging: reported?.exchanging ?? false,
    circuit: reported?.circuit ?? "closed",
    retryAtMs: retryInMs === null ? null : wallMs + retryInMs,
    lastFailure: (lastFailure?.code ?? null) as AuthErrorCode | null,
  };
}
