// Pays once for each reference. If the answer is lost, looks the payment up and never sends it again.
import { isAuthError } from "pay4power-auth";
import { pay4power } from "./pay4power";
import { claim, release } from "./payment-records";

export interface Order {
  readonly providerCode: string;
  readonly customerId: string;
  readonly amount: number;
}

export interface Payment {
  readonly reference: string;
  /** With `refused` and `failed` nothing was paid. With `unknown` the payment may have been made: look it up later. */
  readonly outcome: "paid" | "refused" | "failed" | "unknown";
  /** The body of the service's answer. */
  readonly answer?: unknown;
}

/** The service that the providers of these payments belong to. */
const SERVICE = "electricity";

/**
 * Pays, or looks the payment up if the reference was used before. Rejects with an `AuthError` if nothing was sent: then
 * the caller may try again with the same reference.
 */
export async function pay(reference: string, order: Order): Promise<Payment> {
  if (!(await claim(reference, order))) {
    return lookUp(reference);
  }
  try {
    const answer = await pay4power().fetch("/vend", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...order, reference }),
      signal: AbortSignal.timeout(40_000), // for the token (30 s at most) and the whole answer
    });
    if (isRefusal(answer.status)) {
      await release(reference);
      return { reference, outcome: "refused", answer: await bodyOf(answer) };
    }
    const body: unknown = await answer.json();
    const outcome = outcomeOf(answer, body);
    if (outcome !== "unknown") {
      return { reference, outcome, answer: body };
    }
    console.error(`payment ${reference}: unclear, status ${answer.status}`);
  } catch (error) {
    if (isAuthError(error)) {
      await release(reference);
      throw error;
    }
    console.error(`payment ${reference}: the answer is lost: ${error}`);
  }
  return lookUp(reference);
}

/** Asks the service for a payment. Sends no payment. */
export async function lookUp(reference: string): Promise<Payment> {
  const query = new URLSearchParams({ service: SERVICE, reference });
  try {
    const answer = await pay4power().fetch(`/requery?${query}`, {
      cache: "no-store", // an old answer would be wrong
      signal: AbortSignal.timeout(10_000),
    });
    const body: unknown = await answer.json();
    // A 404 is `unknown`: the payment may still be under way.
    return { reference, outcome: outcomeOf(answer, body), answer: body };
  } catch (error) {
    const reason = isAuthError(error) ? error.code : error;
    console.error(`payment ${reference}: the look-up failed: ${reason}`);
    return { reference, outcome: "unknown" };
  }
}

/** Other statuses may come after the service has paid: a gateway's 408 or 429, or a 409 for a known reference. */
function isRefusal(status: number): boolean {
  return [400, 401, 402, 403, 404, 410, 415, 422, 423, 451].includes(status);
}

/** Returns the body of a refusal, which may come from a gateway: then it may be text or break off. */
async function bodyOf(answer: Response): Promise<unknown> {
  const text = await answer.text().catch(() => "");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Reads the body, because a 200 may carry a failure. A state with another name, such as a pending one, is `unknown`. */
function outcomeOf(answer: Response, body: unknown): "paid" | "failed" | "unknown" {
  const state = answer.ok && (body as { data?: { state?: unknown } | null } | null)?.data?.state;
  return state === "successful" ? "paid" : state === "failed" ? "failed" : "unknown";
}
