// A file of the Worker of worker/, for tests: the gateway with a client that fails as the caller says.
import { createGateway } from "./gateway.ts";
import { fetchService } from "./service-request.ts";

export { TokenCoordinator } from "./coordinator.ts";

const BRAND = Symbol.for("pay4power-auth/AuthError");

function thrown(name) {
  if (name.startsWith("P4P_")) {
    const members = { code: name, retryAfterMs: null, correlationId: null, [BRAND]: true };
    return Object.assign(new Error("of the package"), members, { toJSON: () => ({ code: name }) });
  }
  const others = {
    error: new TypeError("a defect"),
    text: "a text",
    nothing: undefined,
    null: null,
    object: { status: 200 },
    frozen: Object.freeze(Object.create(null)),
    aborted: AbortSignal.abort().reason,
  };
  return others[name];
}

const client = {
  async fetch(path, init) {
    const query = new URL(path, "https://service.invalid").searchParams;
    const service = query.get("service");
    if (service !== null) {
      await fetchService(service, { ...init, headers: { Authorization: "Bearer of-the-worker" } });
    }
    throw thrown(query.get("throws") ?? "");
  },
  async getToken() {
    throw thrown("error");
  },
};

export default createGateway(client, ({ headers }) => {
  const check = headers.get("X-Check");
  if (check !== null) {
    if (check.startsWith("throws ")) {
      throw thrown(check.slice(7));
    }
    return JSON.parse(check);
  }
  return { id: "tester" };
});
