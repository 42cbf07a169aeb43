// What a listener is told: which exchange an event is of, and why a client is silent.
import { expect } from "chai";
import { accepted, type Case, jwt, type Script, scripted } from "./harness.ts";
import { clientOf, DUE_MS, eventually, failure, withClocksHeld } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const REJECTED: Script = { status: 401, body: '{"success":false,"statusCode":401}' };
const UNAUTHORIZED: Script = { status: 401 };

export const eventCases: Case[] = [
  {
    name: "all events of an exchange have its id, and those of the next one another",
    async run(world) {
      const store = world.browser ? undefined : emptyStore();
      const inTurn: Script[] = [{ status: 503 }, HOUR];
      const { client, events } = clientOf(world, { inTurn }, { store });
      await client.getToken();
      client.invalidate();
      await client.getToken();
      const ofStore = store ? ["store.miss"] : [];
      const all = events.map(({ type, exchangeId }) => `${type} ${exchangeId}`);
      expect(all.filter((it) => !it.startsWith("store.error"))).to.deep.equal([
        ...ofStore.map((it) => `${it} 1`),
        "exchange.start 1",
        "exchange.failure 1",
        "retry 1",
        "exchange.start 1",
        "exchange.success 1",
        ...ofStore.map((it) => `${it} 2`),
        "exchange.start 2",
        "exchange.success 2",
      ]);
      for (const { durationMs = 0 } of events) {
        expect(Number.isInteger(durationMs), String(durationMs)).to.equal(true);
      }
      client.close();
    },
  },
  {
    name: "a store that can't be written to is told with the id of the exchange that it was for",
    async run(world) {
      const set = () => Promise.reject(new Error("full"));
      const { client, events } = clientOf(world, HOUR, { store: { ...emptyStore(), set } });
      await client.getToken();
      await eventually(() => events.some(({ type }) => type === "store.error"));
      const told = events.find(({ type }) => type === "store.error");
      expect(told).to.include({ reason: "set.failed", exchangeId: 1 });
      client.close();
    },
  },
  {
    name: "a circuit's cool-down is told when it begins, and when the probe after it does",
    async run(world) {
      const { client, events } = clientOf(world, { inTurn: [REJECTED, REJECTED, HOUR] });
      await withClocksHeld(async (move) => {
        await failure(client.getToken());
        await failure(client.getToken());
        move(30_000);
        await failure(client.getToken());
        move(60_000);
        await client.getToken();
      });
      const told = events.filter(({ type }) => !type.startsWith("exchange."));
      const reason = "P4P_CREDENTIALS_REJECTED";
      const wanted = [
        { type: "circuit.open", reason, exchangeId: 1 },
        { type: "cooldown.start", reason, durationMs: 30_000, circuit: "open", exchangeId: 1 },
        { type: "cooldown.end", reason: "over", circuit: "open" },
        { type: "cooldown.start", reason, durationMs: 60_000, circuit: "open", exchangeId: 2 },
        { type: "cooldown.end", reason: "over", circuit: "open" },
        { type: "circuit.close", reason: "accepted", exchangeId: 3 },
      ];
      expect(told.map(({ atMs: _, ...event }) => event)).to.deep.equal(wanted);
      client.close();
    },
  },
  {
    name: "a cool-down of refreshes is told, and that reset ends it",
    async run(world) {
      const inTurn: Script[] = [HOUR, { status: 500 }];
      const { client, events, types } = clientOf(world, { inTurn }, { retries: 0 });
      await withClocksHeld(async (move) => {
        await client.getToken();
        move(DUE_MS);
        await client.getToken();
        await eventually(() => types().includes("cooldown.start"));
        client.reset();
        client.reset();
      });
      const refresh = events.find(({ type }) => type === "refresh.background");
      expect(refresh).to.include({ reason: "expiry", exchangeId: 2 });
      const [start, end, ...more] = events.slice(-2);
      expect(start).to.include({ type: "cooldown.start", durationMs: 5_000, circuit: "closed" });
      expect(start).to.include({ reason: "P4P_SERVICE_UNAVAILABLE", exchangeId: 2 });
      expect(end).to.include({ type: "cooldown.end", reason: "reset", circuit: "closed" });
      expect(more).to.deep.equal([]);
      client.close();
    },
  },
  {
    name: "a listener that resets at a failure hears of no circuit that opens afterwards",
    async run(world) {
      const types: string[] = [];
      const { client } = clientOf(world, REJECTED, {
        onEvent({ type }) {
          types.push(type);
          if (type === "exchange.failure") {
            client.reset();
            client.close();
          }
        },
      });
      await failure(client.getToken());
      expect(types).not.to.include("circuit.open");
      expect(types).not.to.include("cooldown.start");
    },
  },
  {
    name: "a cool-down that a listener has ended before it was told of is not told of at all",
    async run(world) {
      const types: string[] = [];
      const { client } = clientOf(
        world,
        { inTurn: [{ status: 500 }, HOUR] },
        {
          retries: 0,
          onEvent({ type }) {
            types.push(type);
            if (type === "exchange.failure") {
              client.reset();
            }
          },
        },
      );
      await failure(client.getToken());
      await client.getToken();
      expect(types.filter((type) => type.startsWith("cooldown"))).to.deep.equal([]);
      client.close();
    },
  },
  {
    name: "a listener that resets at each failure does not make one call ask again and again",
    async run(world) {
      for (const script of [REJECTED, { status: 500 }]) {
        for (const at of ["exchange.failure", "circuit.open", "cooldown.start"]) {
          const { client, exchanges } = clientOf(world, script, {
            retries: 0,
            onEvent({ type }) {
              if (type === at) {
                client.reset();
              }
            },
          });
          const callers = Array.from({ length: 5 }, () => failure(client.getToken()));
          for (const { status } of await Promise.all(callers)) {
            expect(status).to.equal(script.status);
          }
          expect(await exchanges(), at).to.equal(1);
          client.close();
        }
      }
    },
  },
  {
    name: "a caller that leaves in a listener of the failure is told its own reason, and the others the failure",
    async run(world) {
      const controller = new AbortController();
      const reason = new RangeError("left");
      const { client } = clientOf(world, REJECTED, {
        onEvent({ type }) {
          if (type === "exchange.failure") {
            controller.abort(reason);
          }
        },
      });
      const leaves = failure(client.getToken({ signal: controller.signal }));
      const stays = failure(client.getToken());
      expect(await leaves).to.equal(reason);
      expect((await stays).code).to.equal("P4P_CREDENTIALS_REJECTED");
      client.close();
    },
  },
  {
    name: "each cool-down that begins has ended before the next one, also with a store",
    async run(world) {
      // Also if a listener of the second failure closes the client.
      for (const closes of [false, true]) {
        await withClocksHeld(async (move) => {
          let reads = 0;
          const store = {
            ...emptyStore(),
            async get() {
              reads += 1;
              if (reads === 2) {
                move(100); // the cool-down ends while the store is read
              }
              return null;
            },
          };
          const told: unknown[] = [];
          const { client } = clientOf(
            world,
            { status: 503 },
            {
              retries: 0,
              store,
              onEvent(event) {
                if (event.type.startsWith("cooldown")) {
                  const { type, reason, circuit } = event as never as Record<string, unknown>;
                  told.push([type, reason, circuit]);
                } else if (closes && reads === 2 && event.type === "exchange.failure") {
                  client.close();
                }
              },
            },
          );
          await failure(client.getToken());
          move(950);
          await failure(client.getToken());
          const begins = ["cooldown.start", "P4P_SERVICE_UNAVAILABLE", "closed"];
          const ends = ["cooldown.end", "over", "closed"];
          expect(told).to.deep.equal(closes ? [begins, ends] : [begins, ends, begins]);
          client.close();
        });
      }
    },
  },
  {
    name: "each duration is that of its own step",
    async run(world) {
      await withClocksHeld(async (move) => {
        const values = new Map<string, string>();
        /** What each operation takes, and then does. */
        const steps: Record<"get" | "set" | "delete" | "fetch", (() => unknown)[]> = {
          get: [],
          set: [],
          delete: [],
          fetch: [],
        };
        const next = async (name: keyof typeof steps) => steps[name].shift()?.() as never;
        const takes =
          (ms: number, result: () => unknown = () => {}) =>
          () => {
            move(ms);
            return result();
          };
        const fails = () => Promise.reject(new Error("down"));
        const stored = () => [...values.values()][0];
        let tokens = 0;
        const token = (lifetimeS: number) => () => {
          const iat = Math.floor(Date.now() / 1_000);
          tokens += 1;
          const claims = { iat, exp: iat + lifetimeS, jti: `${tokens}` };
          return new Response(accepted({ token: jwt(claims), expiresAt: claims.exp }));
        };
        const store = {
          get: () => next("get"),
          async set(key: string, value: string) {
            values.set(key, value);
            await next("set");
          },
          delete: () => next("delete"),
        };
        const { url: tokenUrl } = scripted(world, HOUR); // one merchant
        const options = { tokenUrl, store, fetch: () => next("fetch") };
        const told = ({ events }: ReturnType<typeof clientOf>) =>
          events
            .splice(0)
            .flatMap(({ type, reason, durationMs }) =>
              durationMs === undefined || type === "retry" ? [] : [[type, reason, durationMs]],
            );

        const one = clientOf(world, HOUR, options);
        steps.get.push(takes(10));
        steps.fetch.push(takes(200, () => new Response(null, { status: 503 })));
        steps.fetch.push(takes(300, token(7_190)));
        steps.set.push(takes(40, fails));
        one.client.invalidate(await one.client.getToken());
        expect(told(one)).to.deep.equal([
          ["store.miss", "absent", 10],
          ["exchange.failure", "P4P_SERVICE_UNAVAILABLE", 200],
          ["exchange.success", "absent", 300],
          ["store.error", "set.failed", 40],
        ]);
        const first = stored();
        steps.get.push(takes(50, fails));
        steps.fetch.push(takes(60, token(7_190)));
        one.client.invalidate(await one.client.getToken());
        expect(told(one)).to.deep.equal([
          ["store.error", "get.failed", 50],
          ["exchange.success", "rejected", 60],
        ]);
        steps.get.push(takes(70, () => first));
        steps.delete.push(takes(80, fails));
        steps.fetch.push(takes(90, token(7_190)));
        await one.client.getToken();
        expect(told(one)).to.deep.equal([
          ["store.error", "delete.failed", 80],
          ["store.miss", "rejected", 150],
          ["exchange.success", "rejected", 90],
        ]);
        const older = stored();

        const other = clientOf(world, HOUR, options);
        steps.get.push(takes(15, () => older));
        other.client.invalidate(await other.client.getToken());
        expect(told(other)).to.deep.equal([["store.hit", undefined, 15]]);
        other.client.close();

        const last = clientOf(world, HOUR, options);
        steps.fetch.push(token(7_200));
        const before = await last.client.getToken();
        told(last);
        move(6_500_000); // the refresh is due
        steps.get.push(takes(25, () => older));
        steps.fetch.push(takes(35, token(7_200)));
        expect(await last.client.getToken()).to.equal(before);
        await eventually(() => last.types().includes("exchange.success"));
        expect(told(last)).to.deep.equal([
          ["store.miss", "older", 25],
          ["exchange.success", "expiry", 35],
        ]);
        last.client.close();
        one.client.close();

        const keyless = clientOf(world, HOUR, { credentials: takes(45, fails) as never });
        await failure(keyless.client.getToken());
        const [failed] = keyless.events;
        expect(failed).to.include({ type: "exchange.failure", attempt: 1, durationMs: 45 });
        keyless.client.close();
      });
    },
  },
  {
    name: "no duration is negative, whatever becomes of the clock",
    async run(world) {
      await withClocksHeld(async (move) => {
        const { client, events, asked, release } = clientOf(world, { ...HOUR, held: true });
        const token = client.getToken();
        await asked();
        move(-500);
        await release();
        await token;
        for (const { durationMs = 0 } of events) {
          expect(durationMs).to.be.within(0, 60_000);
        }
        client.close();
      });
    },
  },
  {
    name: "a replay that is withheld is told, with the reason",
    async run(world) {
      const { client, events } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      const api = scripted(world, UNAUTHORIZED);
      const withheld = () =>
        events.flatMap(({ type, reason }) => (type === "replay.withheld" ? [reason] : []));
      await withClocksHeld(async () => {
        await client.fetch(api.url);
        expect(withheld()).to.deep.equal([]);
        await client.fetch(api.url);
        expect(withheld()).to.deep.equal(["cooldown"]);
        client.reset();
        await client.fetch(new Request(api.url, { method: "POST", body: "pay" }));
        expect(withheld()).to.deep.equal(["cooldown", "body"]);
      });
      expect(events.at(-1)?.correlationId).to.be.a("string");
      client.close();
    },
  },
];

const emptyStore = () => ({ get: async () => null, set: async () => {}, delete: async () => {} });
