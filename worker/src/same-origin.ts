// A browser sends the cookie by which Access knows its user along with whatever any page asks for. So
// what changes something must come from a page of this very origin, or from a program: browsers always
// say where such a request comes from, and no page can keep them from it.

export function isFromElsewhere({ method, headers, url }: Request): boolean {
  if (method === "GET" || method === "HEAD") {
    return false;
  }
  const site = headers.get("Sec-Fetch-Site") ?? "same-origin";
  const { origin } = new URL(url);
  return site !== "same-origin" || (headers.get("Origin") ?? origin) !== origin;
}
