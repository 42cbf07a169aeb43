// The endpoints that a token opens: what can be paid, to whom, paying, and what became of it.
import type { Hono, MiddlewareHandler } from "hono";
import { accept, refuse } from "./envelope.ts";
import type { Entry } from "./ledger.ts";
import type { State } from "./state.ts";
import { oneOf, POSITIVE, problems, readFields, TEXT } from "./validation.ts";

export const VEND_PATH = "/vend";
export const PAYMENT_PATHS = ["/services", "/providers", VEND_PATH, "/requery"] as const;

const SERVICES = [
  { service: "electricity", name: "Electricity" },
  { service: "airtime", name: "Airtime" },
  { service: "data", name: "Data" },
  { service: "tv", name: "TV" },
] as const;

const PROVIDERS = [
  { code: "SANDBOX_POWER", name: "Sandbox Power", service: "electricity" },
  { code: "SANDBOX_GRID", name: "Sandbox Grid", service: "electricity" },
  { code: "SANDBOX_AIRTIME", name: "Sandbox Mobile", service: "airtime" },
  { code: "SANDBOX_DATA", name: "Sandbox Mobile", service: "data" },
  { code: "SANDBOX_TV", name: "Sandbox Television", service: "tv" },
] as const;

const SERVICE = oneOf(SERVICES.map(({ service }) => service));
const VEND_RULES = {
  providerCode: oneOf(PROVIDERS.map(({ code }) => code)),
  customerId: TEXT,
  amount: POSITIVE,
  reference: TEXT,
};
const REQUERY_RULES = { service: SERVICE, reference: TEXT };

interface Vend {
  readonly providerCode: string;
  readonly customerId: string;
  readonly amount: number;
  readonly reference: string;
}

export function addPayments(service: Hono, state: State): void {
  const bearer: MiddlewareHandler = async (c, next) => {
    const refusal = await state.tokens.refusal(c.req.header("Authorization"), state.nowMs());
    return refusal === undefined ? next() : refuse(c, 401, refusal);
  };

  service.get("/services", bearer, (c) => accept(c, "Services.", SERVICES));

  service.get("/providers", bearer, (c) => {
    const wanted = c.req.query("service");
    const details = wanted === undefined ? [] : problems({ service: wanted }, { service: SERVICE });
    if (details.length > 0) {
      return refuse(c, 400, "The request is not valid.", details);
    }
    const providers = PROVIDERS.filter(({ service }) => wanted === undefined || service === wanted);
    return accept(c, "Providers.", providers);
  });

  service.post(VEND_PATH, bearer, async (c) => {
    const fields = await readFields(c);
    if (fields === undefined) {
      return refuse(c, 400, "The body must be a JSON object.");
    }
    const details = problems(fields, VEND_RULES);
    if (details.length > 0) {
      return refuse(c, 400, "The request is not valid.", details);
    }
    const { providerCode, customerId, amount, reference } = fields as unknown as Vend;
    const service = PROVIDERS.find(({ code }) => code === providerCode)?.service ?? "";
    const entry = state.ledger.record({ reference, service, providerCode, customerId, amount });
    return entry.times === 1
      ? accept(c, "The payment was made.", transaction(entry))
      : refuse(c, 409, "The reference has been used before.");
  });

  service.get("/requery", bearer, (c) => {
    const query = c.req.query();
    const details = problems(query, REQUERY_RULES);
    if (details.length > 0) {
      return refuse(c, 400, "The request is not valid.", details);
    }
    const entry = state.ledger.find(query["reference"] ?? "");
    return entry !== undefined && entry.service === query["service"]
      ? accept(c, "The transaction was found.", transaction(entry))
      : refuse(c, 404, "There is no such transaction.");
  });

  for (const path of PAYMENT_PATHS) {
    const method = path === VEND_PATH ? "POST" : "GET";
    service.all(path, (c) => refuse(c, 405, `Only ${method} is allowed here.`));
  }
}

/** What the merchant is told: all but how often the reference was sent. */
function transaction({ times: _, ...rest }: Entry): Omit<Entry, "times"> {
  return rest;
}
