// The endpoints that need a token: services, providers, vend (a payment) and requery (its outcome).
import type { Hono, MiddlewareHandler } from "hono";
import { accept, refuse } from "./envelope.ts";
import type { Entry, PaymentState } from "./ledger.ts";
import { PAYMENT_PATHS, VEND_PATH } from "./paths.ts";
import type { SandboxState } from "./sandbox-state.ts";
import {
  invalidFields,
  NON_EMPTY_STRING,
  oneOf,
  POSITIVE_NUMBER,
  readFields,
} from "./validation.ts";

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
  customerId: NON_EMPTY_STRING,
  amount: POSITIVE_NUMBER,
  reference: NON_EMPTY_STRING,
};
const REQUERY_RULES = { service: SERVICE, reference: NON_EMPTY_STRING };

/** The body of a vend. */
interface Vend {
  readonly providerCode: string;
  readonly customerId: string;
  readonly amount: number;
  readonly reference: string;
}

/** What a fault tells the endpoints: the state of the payment. */
export interface PaymentVariables {
  Variables: { paymentState?: PaymentState | undefined };
}

const OUTCOMES: Readonly<Record<PaymentState, string>> = {
  successful: "The payment was made.",
  failed: "The payment failed.",
  pending: "The payment is under way.",
};

export function addPaymentEndpoints(service: Hono<PaymentVariables>, state: SandboxState): void {
  const requireToken: MiddlewareHandler = async (c, next) => {
    const refusal = await state.tokens.refusal(c.req.header("Authorization"), state.nowMs());
    return refusal === undefined ? next() : refuse(c, 401, refusal);
  };

  service.get("/services", requireToken, (c) => accept(c, "Services.", SERVICES));

  service.get("/providers", requireToken, (c) => {
    const wanted = c.req.query("service");
    const details =
      wanted === undefined ? [] : invalidFields({ service: wanted }, { service: SERVICE });
    if (details.length > 0) {
      return refuse(c, 400, "The request is not valid.", details);
    }
    const providers = PROVIDERS.filter(({ service }) => wanted === undefined || service === wanted);
    return accept(c, "Providers.", providers);
  });

  service.post(VEND_PATH, requireToken, async (c) => {
    const fields = await readFields(c);
    if (fields === undefined) {
      return refuse(c, 400, "The body must be a JSON object.");
    }
    const details = invalidFields(fields, VEND_RULES);
    if (details.length > 0) {
      return refuse(c, 400, "The request is not valid.", details);
    }
    const { providerCode, customerId, amount, reference } = fields as unknown as Vend;
    const service = PROVIDERS.find(({ code }) => code === providerCode)?.service ?? "";
    const payment = { reference, service, providerCode, customerId, amount };
    const entry = state.ledger.record(payment, c.get("paymentState"));
    return entry.times === 1
      ? accept(c, OUTCOMES[entry.state], transaction(entry))
      : refuse(c, 409, "The reference has been used before.");
  });

  service.get("/requery", requireToken, (c) => {
    const query = c.req.query();
    const details = invalidFields(query, REQUERY_RULES);
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

/** Returns what the merchant sees of an entry: everything except how often the reference was sent. */
function transaction({ times: _, ...rest }: Entry): Omit<Entry, "times"> {
  return rest;
}
