// Redirects of all kinds. None is followed, so that no key and no token reaches another address.
import { differs, type Fault, fault, GOOD, REFUSED } from "./fault.ts";

const NO_ADDRESS = "http://[";

/** `$OTHER` stands for an address on another origin. */
const LOCATIONS: Record<string, string | undefined> = {
  "to another origin": "$OTHER",
  "to another origin, without a scheme": "//$OTHER_HOST",
  "without a Location": undefined,
};
const ODD_LOCATIONS: Record<string, string> = {
  "to the same address": "",
  "to a path": "/answer/elsewhere",
  "to an address with a user": "http://user:password@$OTHER_HOST",
  "to no address": NO_ADDRESS,
  "to a script": "javascript:alert(1)",
  "to data": "data:application/json,{}",
  "to a file": "file:///etc/passwd",
  "to https": "https://$OTHER_HOST",
  "to a path with other characters": "/ünïcode",
};

const HIDDEN = differs(["Chromium"], { answer: "0" }, "a page may not see a redirect");
const UNREADABLE = differs(["Chromium"], REFUSED, "it refuses a Location that is no address");

function redirect(status: number, how: string, location: string | undefined): Fault {
  const isFollowed = [301, 302, 303, 307, 308].includes(status); // by programs that follow
  const except = location === NO_ADDRESS ? UNREADABLE : isFollowed ? HIDDEN : {};
  const headers = location === undefined ? {} : { location };
  const script = { status, headers, body: GOOD };
  return fault(`${status} ${how}`, script, { exchange: "P4P_REDIRECTED", except });
}

export const redirects: readonly Fault[] = [
  ...[300, 301, 302, 303, 304, 305, 306, 307, 308, 399].flatMap((status) =>
    Object.entries(LOCATIONS).map(([how, location]) => redirect(status, how, location)),
  ),
  ...[302, 307].flatMap((status) =>
    Object.entries(ODD_LOCATIONS).map(([how, location]) => redirect(status, how, location)),
  ),
];
