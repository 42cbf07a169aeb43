// Who asks a server of this machine: its own programs and pages, or a page from elsewhere.

/** The names by which a machine calls itself. Any other one that leads here is somebody else's (DNS rebinding). */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Whether a request was asked for by a name of this machine, and by no page but one of the server's own origin, or of
 * `allowedOrigin`. No page can set these headers, or keep its browser from sending them where they tell.
 */
export function isFromHere(
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
  // `none`: a person has typed the address, which only reads.
  const sites = method === "GET" || method === "HEAD" ? ["same-origin", "none"] : ["same-origin"];
  return (
    LOOPBACK.test(host) &&
    (origin === undefined || origin === `http://${host}`) &&
    (site === undefined || sites.includes(site))
  );
}
