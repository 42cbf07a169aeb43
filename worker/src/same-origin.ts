// The protection against cross-site requests (CSRF). A browser sends the cookie of Cloudflare Access with every request
// to this Worker, whichever page causes the request. So a request that changes something must come from a page of this
// origin, or from a program. The browser names the page's origin in such a request, and no page can prevent that. A
// request that only reads may come from any site: Access's login and links of other sites lead here, and a page of
// another origin cannot read the answer.

export function isCrossOriginWrite(request: Request): boolean {
  const { method, headers } = request;
  if (method === "GET" || method === "HEAD") {
    return false;
  }
  return headers.get("Sec-Fetch-Site") === "none" || isCrossOrigin(request);
}

/**
 * Returns true if a page of another origin sends the request or links to it. `Sec-Fetch-Site: none` means that a person
 * typed the address.
 */
export function isCrossOrigin({ headers, url }: Request): boolean {
  const site = headers.get("Sec-Fetch-Site") ?? "none";
  const { origin } = new URL(url);
  return !["same-origin", "none"].includes(site) || (headers.get("Origin") ?? origin) !== origin;
}
