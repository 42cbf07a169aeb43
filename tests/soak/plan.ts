// Draws the calls of a run: kinds, clients, faults and cancellations.
import { type Call, CLIENTS, type Kind, REQUEST_FAULTS, type RequestFault } from "./calls.ts";

/** The share of the requests that meet a fault, and of the exchanges too. */
export const FAULT_SHARE = 0.05;
const CANCEL_SHARE = 0.01;
const MAX_CANCEL_MS = 40;
/** The share of a Worker's calls whose request returns while its exchange is under way. */
const LEAVE_SHARE = 0.002;
/** A revoked token is an exchange, and it holds up all callers: it is drawn less often than the other faults. */
const REVOKED_SHARE = 0.02;

export type Draw = () => number;

/** Returns a call with this id. `mayLeave` is true for Workers. */
export function planCall(id: number, mayLeave: boolean, draw: Draw = Math.random): Call {
  const client = Math.floor(draw() * CLIENTS);
  if (mayLeave && draw() < LEAVE_SHARE) {
    return { id, kind: "leave", client };
  }
  const kind: Kind = draw() < 0.3 ? "token" : draw() < 0.5 ? "get" : "post";
  const fault = kind !== "token" && draw() < FAULT_SHARE ? faultOf(draw) : undefined;
  const cancelMs = draw() < CANCEL_SHARE ? Math.floor(draw() * MAX_CANCEL_MS) : undefined;
  return {
    id,
    kind,
    client,
    ...(fault !== undefined && { fault }),
    ...(cancelMs !== undefined && { cancelMs }),
  };
}

function faultOf(draw: Draw): RequestFault {
  if (draw() < REVOKED_SHARE) {
    return "revoked";
  }
  const others = REQUEST_FAULTS.filter((fault) => fault !== "revoked");
  return others[Math.floor(draw() * others.length)] ?? "500";
}
