// A browser sends the cookie by which Access knows its user along with whatever any page asks for. So
// what changes something must come from a page of this very origin, or from a program: browsers always
// say where such a request comes from, and no page can keep them from it. What only reads may come from
// anywhere: Access's login and links of other sites lead here, and no other page can read the answer.

export function isFromElsewhere(request: Request): boolean {
  const { method, headers } = request;
  if (method === "GET" || method === "HEAD") {
    return false;
  }
  return headers.get("Sec-Fetch-Site") === "none" || isFromAnotherPage(request);
}

/** Whether another origin's page asks, or leads here. `none`: a person has typed the address. */
export function isFromAnotherPage({ headers, url }: Request): boolean {
  const site = headers.get("Sec-Fetch-Site") ?? "none";
  const { origin } = new URL(url);
  return !["same-origin", "none"].includes(site) || (headers.get("Origin") ?? origin) !== origin;
}
