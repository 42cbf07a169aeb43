// The allow-list of the gateway: the routes of the Bill Payment API that it forwards. Any other path gets 404, and no
// request is sent.

export interface Route {
  readonly method: "GET" | "POST";
  /** The path at this Worker, and below PAY4POWER_BASE_URL. */
  readonly path: string;
}

export const ROUTES: readonly Route[] = [
  { method: "GET", path: "/services" },
  { method: "GET", path: "/providers" },
  { method: "GET", path: "/requery" },
  { method: "POST", path: "/vend" },
];
