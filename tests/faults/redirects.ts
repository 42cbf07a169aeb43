// Redirects of all kinds. None is followed, so that no key and no token reaches another address.
import { type Fault, fault, GOOD } from "./fault.ts";

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
  "to no address": "http://[",
  "to a script": "javascript:alert(1)",
  "to data": "data:application/json,{}",
  "to a file": "file:///etc/passwd",
  "to https": "https://$OTHER_HOST",
  "to a path with other characters": "/ünïcode",
};

const redirect = (status: number, how: string, location: string | undefined): Fault =>
  fault(
    `${status} ${how}`,
    { status, headers: location === undefined ? {} : { location }, body: GOOD },
    { exchange: "P4P_REDIRECTED" },
  );

export const redirects: readonly Fault[] = [
  ...[300, 301, 302, 303, 304, 305, 306, 307, 308, 399].flatMap((status) =>
    Object.entries(LOCATIONS).map(([how, location]) => redirect(status, how, location)),
  ),
  ...[302, 307].flatMap((status) =>
    Object.entries(ODD_LOCATIONS).map(([how, location]) => redirect(status, how, location)),
  ),
];
