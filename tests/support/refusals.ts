// Gives the stores what is none of theirs, on any runtime.
import type * as Cloudflare from "pay4power-auth/cloudflare";
import type * as Stores from "pay4power-auth/stores";

type Make = (given: never) => unknown;

/** What each call was refused with: name, code and message. */
export function refusals(
  { unstorageStore }: Pick<typeof Stores, "unstorageStore">,
  { kvStore }: Pick<typeof Cloudflare, "kvStore">,
): string[] {
  const none = () => {};
  const bad = {
    nothing: undefined,
    null: null,
    text: "redis://127.0.0.1",
    number: 1,
    empty: {},
    part: { getItem: none, setItem: none, get: none, put: none },
    fields: { getItem: 1, setItem: 2, removeItem: 3, get: 1, put: 2, delete: 3 },
    getter: new Proxy(
      {},
      {
        get: () => {
          throw new Error("mine");
        },
      },
    ),
  };
  const makers: [string, Make][] = [
    ["unstorageStore", unstorageStore],
    ["kvStore", kvStore],
  ];
  return makers.flatMap(([maker, make]) =>
    Object.entries(bad).map(([kind, given]) => {
      try {
        make(given as never);
        return `${maker}, ${kind}: accepted`;
      } catch (thrown) {
        const { name, code, message } = thrown as Error & { code: string };
        return `${maker}, ${kind}: ${name} ${code} ${message}`;
      }
    }),
  );
}

/** What they are to be. */
export function isRefused(refusal: string): boolean {
  return /^(unstorageStore, \w+: AuthError P4P_INVALID_OPTIONS `storage` must be a storage of unstorage, with `getItem`, `setItem`, `removeItem`|kvStore, \w+: AuthError P4P_INVALID_OPTIONS `namespace` must be a KV namespace, with `get`, `put`, `delete`), found (nothing|null|a string|a number|an object|a getter that throws)$/.test(
    refusal,
  );
}
