// What of the Bill Payment API may be asked for. Whatever is not here gets 404, and nothing is sent.

export interface Route {
  readonly method: "GET" | "POST";
  /** Below PAY4POWER_BASE_URL, and here. */
  readonly path: string;
}

export const ROUTES: readonly Route[] = [
  { method: "GET", path: "/services" },
  { method: "GET", path: "/providers" },
  { method: "GET", path: "/requery" },
  { method: "POST", path: "/vend" },
];
