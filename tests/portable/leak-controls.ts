// Leaks that a test makes, one for each way out: a search that is blind to one of them would pass.
import { expect } from "chai";
import type { Case } from "./harness.ts";
import { type Ending, ESCAPED, Scene, withConsole } from "./leaving.ts";

/** Leaks of a caller's, and where each of them leaves. If the search did not find them, it would be blind. */
const leaks: Record<string, [where: string, leak: Ending]> = {
  "a cause with the key in base64, which is not redacted": [
    "error",
    (scene) =>
      scene.exchanges({}, { fetch: () => Promise.reject(new Error(btoa(scene.privateKey))) }),
  ],
  "a cause with a piece of the key": [
    "error",
    (scene) =>
      scene.exchanges({}, { fetch: () => Promise.reject(new Error(scene.privateKey.slice(-12))) }),
  ],
  "a service that names another token": [
    "error",
    (scene) => scene.exchanges({ status: 400, body: JSON.stringify({ message: scene.next }) }),
  ],
  "an event": ["event", async (scene) => scene.leaves("event", { id: scene.token })],
  "a text in the store": [
    "store",
    async (scene) => scene.store().set("a", scene.token, { expiresAtMs: 1 }),
  ],
  "a request to another host": [
    "request to another host",
    ({ world, token }) => fetch(`${world.otherUrl}/answer/leak`, { headers: { "x-a": token } }),
  ],
  "a token in an address": [
    "request",
    async (scene) => fetch(`${(await scene.api({})).url}?token=${scene.token}`),
  ],
  "a token in another header": [
    "request",
    async (scene) => fetch((await scene.api({})).url, { headers: { "x-a": scene.token } }),
  ],
  "a token in the header of an exchange": [
    "request",
    async (scene) =>
      fetch((await scene.tokenService({})).url, {
        headers: { authorization: `Bearer ${scene.token}` },
      }),
  ],
  "the key in a request": [
    "request",
    async (scene) => fetch((await scene.api({})).url, { method: "POST", body: scene.privateKey }),
  ],
};

export const leakCase: Case = {
  name: "the search of what leaves finds each leak, and where it is",
  async run(world) {
    for (const [name, [where, leak]] of Object.entries(leaks)) {
      const left = await new Scene(world, ESCAPED).search(leak);
      const places = new Set(left.map((text) => text.split(": ")[0]));
      places.delete("promise"); // Not every runtime can look into one.
      expect([...places], name).to.deep.equal([where]);
    }
    const methods = Object.keys(console).filter(
      (name) => typeof console[name as "log"] === "function",
    );
    expect(methods.length).to.be.above(4);
    const printed: unknown[] = [];
    await withConsole(
      (given) => printed.push(...given),
      async () => {
        for (const name of methods) {
          console[name as "log"](name);
        }
      },
    );
    expect(printed).to.deep.equal(methods);
    const scene = new Scene(world, ESCAPED);
    const left = await scene.search(async () => console.debug(scene.privateKey));
    expect(left).to.deep.equal([`console: ${scene.privateKey}`]);
  },
};
