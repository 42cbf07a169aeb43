// Tells a request of this machine's programs and pages from a request of a foreign page.

/** The names of this machine. A request under any other name may come from a foreign page (DNS rebinding). */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Returns true if the request uses a name of this machine, and comes from a program, from a page of the server's own
 * origin, or from a page of `allowedOrigin`. No page can set these headers, or prevent its browser from sending them.
 */
export function isLocalRequest(
  method: string,
  header: (name: string) => string | undefined,
  allowedOrigin?: string,
): boolean {
  const host = header("host")?.toLowerCase() ?? "";
  const origin = header("origin")?.toLowerCase();
  const site = header("sec-fetch-site");
  if (origin !== undefined && origin === allowedOrigin) {
    return LOOPBACK.test(host);
  }
  // `none` means that a person typed the address. That only reads.
  const sites = method === "GET" || method === "HEAD" ? ["same-origin", "none"] : ["same-origin"];
  return (
    LOOPBACK.test(host) &&
    (origin === undefined || origin === `http://${host}`) &&
    (site === undefined || sites.includes(site))
  );
}
