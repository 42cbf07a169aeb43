// What a client says of itself, and that its methods work without it.
import { expect } from "chai";
import type { Client, ClientState } from "pay4power-auth";
import { type Case, type Script, scripted } from "./harness.ts";
import { clientOf, DUE_MS, eventually, failure, withClocksHeld } from "./make.ts";
import { expectHidden } from "./shown.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const REJECTED: Script = { status: 401, body: '{"success":false,"statusCode":401}' };
const NOTHING: ClientState = {
  token: "none",
  expiresAtMs: null,
  exchanging: false,
  circuit: "closed",
  retryAtMs: null,
  lastFailure: null,
};

export const stateCases: Case[] = [
  {
    name: "a client tells the phase of its token, and asks nobody",
    async run(world) {
      const inTurn: Script[] = [HOUR, { ...HOUR, held: true }];
      const { client, exchanges, asked, release } = clientOf(world, { inTurn });
      expect(client.state()).to.deep.equal(NOTHING);
      await withClocksHeld(async (move) => {
        const { expiresAtMs } = await client.getToken();
        const known = { ...NOTHING, expiresAtMs };
        expect(client.state()).to.deep.equal({ ...known, token: "fresh" });
        move(DUE_MS);
        expect(client.state()).to.deep.equal({ ...known, token: "refresh-soon" });
        move(expiresAtMs - Date.now() - 10_000);
        expect(client.state()).to.deep.equal({ ...known, token: "expiring" });
        move(10_000);
        expect(client.state()).to.deep.equal({ ...known, token: "expired" });
        expect(await exchanges()).to.equal(1);

        const other = client.getToken();
        await asked(2);
        expect(client.state()).to.deep.equal({ ...known, token: "expired", exchanging: true });
        await release();
        await other;
        client.invalidate();
        expect(client.state()).to.deep.equal(NOTHING);
      });
      client.close();
    },
  },
  {
    name: "a client tells its circuit, its cool-downs and its last failure, in no secret words",
    async run(world) {
      const { client } = clientOf(world, { inTurn: [REJECTED, HOUR] });
      await withClocksHeld(async (move) => {
        await failure(client.getToken());
        const open = {
          ...NOTHING,
          circuit: "open",
          retryAtMs: Date.now() + 30_000,
          lastFailure: "P4P_CREDENTIALS_REJECTED",
        };
        expect(client.state()).to.deep.equal(open);
        move(30_000);
        expect(client.state()).to.deep.equal({ ...open, retryAtMs: null });
        client.reset();
        expect(client.state()).to.deep.equal(NOTHING);
        const token = await client.getToken();
        expect(client.state()).to.include({ token: "fresh", lastFailure: null });
        expectHidden(client.state(), token.value);
      });
      client.close();
      expect(client.state()).to.deep.equal(NOTHING);
    },
  },
  {
    name: "a closed client is in no exchange",
    async run(world) {
      const { client, asked } = clientOf(world, { fault: "silent" });
      const ended = failure(client.getToken());
      await asked();
      client.close();
      expect(client.state()).to.deep.equal(NOTHING);
      await ended;
    },
  },
  {
    name: "every method works unbound",
    async run(world) {
      const { client, exchanges } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      const { getToken, fetch, invalidate, reset, state, close } = client;
      const dispose: Client["close"] = client[Symbol.dispose];
      const token = await getToken();
      const api = scripted(world, { body: "fine" });
      expect(await (await fetch(api.url)).text()).to.equal("fine");
      expect(state()).to.include({ token: "fresh" });
      reset();
      invalidate(token);
      expect(state()).to.include({ token: "none" });
      await getToken();
      expect(await exchanges()).to.equal(2);
      close();
      dispose();
      await eventually(() => state().token === "none");
      expect(Object.keys(client)).to.deep.equal([]);
    },
  },
  {
    name: "a test double may take the place of each method",
    async run(world) {
      const { client } = clientOf(world, HOUR);
      const names = ["getToken", "fetch", "invalidate", "reset", "state", "close", Symbol.dispose];
      for (const name of names as "close"[]) {
        let calls = 0;
        const double = () => {
          calls += 1;
        };
        client[name] = double;
        client[name]();
        const value = () => double();
        Object.defineProperty(client, name, { value, enumerable: true, writable: false });
        client[name]();
        expect(calls, String(name)).to.equal(2);
      }
    },
  },
];
