// The routes of the service that the gateway forwards. For any other path it answers 404 and sends nothing.

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
