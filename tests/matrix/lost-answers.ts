// The ways in which the answer to a payment is lost, and what an example must say about the payment then.
import type { Fault } from "../../sandbox/faults.ts";

interface Case {
  readonly name: string;
  readonly faults: readonly Fault[];
  readonly status: number;
  readonly outcome: string;
  /** How often the payment was made. */
  readonly made: 0 | 1;
  /** What the same request gets after the faults. Nothing more is sent for it, unless the first one was refused. */
  readonly again: { readonly outcome: string; readonly sent: 1 | 2; readonly made: 0 | 1 };
}

const lost = (fault: Fault): Fault => ({ path: "/vend", when: "after", ...fault });
const notMade = (fault: Fault): Fault => ({ path: "/vend", when: "before", ...fault });
const lookUp = (fault: Fault): Fault => ({ path: "/requery", ...fault });
const stateBody = (state: string) => JSON.stringify({ success: true, data: { state } });

const PAID = { outcome: "paid", sent: 1, made: 1 } as const;
const UNKNOWN = { outcome: "unknown", sent: 1, made: 0 } as const;

/** A payment that was made, although its own answer does not say so. */
const foundPaid = (name: string, ...faults: Fault[]): Case => ({
  ...{ name, faults, status: 200, outcome: "paid", made: 1, again: PAID },
});

export const LOST_ANSWERS: readonly Case[] = [
  foundPaid("the answer says so"),
  foundPaid("the connection breaks before the answer", lost({ kind: "reset" })),
  foundPaid("the answer breaks", lost({ kind: "break" })),
  ...[302, 408, 409, 429, 500, 503].map((status) =>
    foundPaid(`the answer is ${status}`, lost({ status })),
  ),
  foundPaid("the answer is not JSON", lost({ status: 200, body: "<html>" })),
  foundPaid("the answer is pending", lost({ status: 200, body: stateBody("pending") })),
  foundPaid("the answer has no data", lost({ status: 200, body: '{"success":false,"data":null}' })),
  {
    name: "the look-up finds nothing",
    faults: [notMade({ kind: "reset" })],
    ...{ status: 202, outcome: "unknown", made: 0, again: UNKNOWN },
  },
  {
    name: "the answer of the look-up is lost too",
    faults: [lost({ kind: "reset" }), lookUp({ kind: "reset" })],
    ...{ status: 202, outcome: "unknown", made: 1, again: PAID },
  },
  {
    name: "the look-up says that the payment is pending",
    faults: [lost({ kind: "reset" }), lookUp({ status: 200, body: stateBody("pending") })],
    ...{ status: 202, outcome: "unknown", made: 1, again: PAID },
  },
  {
    name: "the service says that the payment failed",
    faults: [notMade({ status: 200, body: stateBody("failed") })],
    ...{ status: 422, outcome: "failed", made: 0, again: UNKNOWN },
  },
  {
    name: "the service refuses the payment",
    faults: [notMade({ status: 403 })],
    ...{ status: 422, outcome: "refused", made: 0 },
    again: { outcome: "paid", sent: 2, made: 1 },
  },
  {
    name: "a gateway refuses the payment, with a page",
    faults: [notMade({ status: 403, body: "<html>" })],
    ...{ status: 422, outcome: "refused", made: 0 },
    again: { outcome: "paid", sent: 2, made: 1 },
  },
];
