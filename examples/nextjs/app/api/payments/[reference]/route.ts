// PUT pays, GET looks the payment up. The reference comes from the caller, for example the number of its order. So the
// caller may send the same request again if it loses our answer.
import { isAuthError } from "pay4power-auth";
import { isAllowed } from "../../../../lib/caller";
import { lookUp, type Order, type Payment, pay } from "../../../../lib/payments";

interface Context {
  params: Promise<{ reference: string }>;
}

const STATUS = { paid: 200, refused: 422, failed: 422, unknown: 202 } as const;

export function PUT(request: Request, context: Context): Promise<Response> {
  return answer(request, context, async (reference) => {
    const order: Order | undefined = await request.json().catch(() => undefined);
    return typeof order === "object" && order !== null ? pay(reference, order) : undefined;
  });
}

export function GET(request: Request, context: Context): Promise<Response> {
  return answer(request, context, lookUp);
}

/** Answers with the payment that `action` returns. `undefined` means that the request has no order. */
async function answer(
  request: Request,
  { params }: Context,
  action: (reference: string) => Promise<Payment | undefined>,
): Promise<Response> {
  if (!isAllowed(request)) {
    return new Response(null, { status: 401 });
  }
  const { reference } = await params;
  if (!/^[\w-]{1,64}$/.test(reference)) {
    return new Response(null, { status: 404 });
  }
  try {
    const payment = await action(reference);
    return payment === undefined
      ? Response.json({ message: "the body must be a JSON object" }, { status: 400 })
      : Response.json(payment, { status: STATUS[payment.outcome] });
  } catch (error) {
    if (isAuthError(error)) {
      console.error(JSON.stringify(error));
      const status = error.retryable ? 503 : 500;
      return Response.json({ outcome: "not sent", code: error.code }, { status });
    }
    throw error; // Next.js may end a render with an object of its own: it needs that back
  }
}
