// Payments to the sandbox, whose ledger tells how often each was sent.
import { expect } from "chai";
import type { Client } from "pay4power-auth";
import type { Case, World } from "./harness.ts";
import { eventually } from "./make.ts";

interface Entry {
  readonly reference: string;
  readonly times: number;
}

interface Status {
  readonly counts: { readonly exchanges: { readonly asked: number } };
}

function clientOf(world: World): Client {
  return world.lib.createClient({
    publicKey: world.publicKey,
    privateKey: world.privateKey,
    tokenUrl: world.tokenUrls[0],
    baseUrl: world.baseUrl,
    ...(world.browser && { dangerouslyAllowBrowser: true }),
  });
}

const get = async <Data>(url: string) => ((await (await fetch(url)).json()) as { data: Data }).data;

async function tell({ controlUrl }: World, changes: object): Promise<void> {
  const answer = await fetch(controlUrl, { method: "POST", body: JSON.stringify(changes) });
  expect(answer.status).to.equal(200);
}

const exchanges = async ({ controlUrl }: World) =>
  (await get<Status>(controlUrl)).counts.exchanges.asked;

let payments = 0;

/** Pays once, and leaves when that is in the ledger: how it was answered, and how often it is there. */
async function pay(world: World, client: Client, leaves = false) {
  // Not of an earlier process: the ledger may outlive it.
  const reference = `payment-${++payments}-${Math.random().toString(36).slice(2)}`;
  const body = JSON.stringify({
    providerCode: "SANDBOX_AIRTIME",
    customerId: "08000000000",
    amount: 100,
    reference,
  });
  const headers = { "Content-Type": "application/json" };
  const controller = new AbortController();
  const { signal } = controller;
  const paid = client
    .fetch("/vend", { method: "POST", body, headers, signal })
    .then((response) => response.text().then(() => response.status))
    .catch((error: unknown) => error);
  const times = async () => {
    const entries = await get<Entry[]>(`${world.controlUrl}/ledger`);
    return entries.find((entry) => entry.reference === reference)?.times ?? 0;
  };
  if (leaves) {
    await eventually(async () => (await times()) > 0);
    controller.abort();
  }
  return { answer: await paid, times: await times() };
}

export const paymentCases: Case[] = [
  {
    name: "a payment whose answer is lost, late or a failure is sent once",
    async run(world) {
      const client = clientOf(world);
      await client.getToken();
      const faults = [
        { kind: "break" },
        { kind: "hang" },
        { status: 500 },
        { status: 502 },
        { status: 403, when: "after" },
        { status: 429, headers: { "Retry-After": "0" } },
        // Chromium itself sends a request again when its connection is reset before any answer.
        ...(world.browser ? [] : [{ kind: "reset" }]),
      ];
      for (const fault of faults) {
        await tell(world, { failNext: { path: "/vend", ...fault } });
        const hangs = "kind" in fault && fault.kind === "hang";
        const { answer, times } = await pay(world, client, hangs);
        expect(times, JSON.stringify(fault)).to.equal(1);
        expect(world.lib.isAuthError(answer)).to.equal(false);
        if ("status" in fault) {
          expect(answer).to.equal(fault.status);
        } else {
          expect(answer).to.be.instanceOf(Error);
        }
      }
      client.close();
    },
  },
  {
    name: "a payment that was refused for its token is made with a new one, once",
    async run(world) {
      const client = clientOf(world);
      await client.getToken();
      const before = await exchanges(world);
      await tell(world, { revokeAll: true });
      expect(await pay(world, client)).to.deep.equal({ answer: 200, times: 1 });
      expect(await exchanges(world)).to.equal(before + 1);
      client.close();
    },
  },
  {
    name: "a revocation under 1,000 concurrent requests costs one exchange, and no request",
    load: true,
    async run(world) {
      const client = clientOf(world);
      await client.getToken();
      const before = await exchanges(world);
      await tell(world, { revokeAll: true });
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, () => client.fetch("/services")),
      );
      expect(answers.filter(({ status }) => status === 200)).to.have.length(1_000);
      expect(await exchanges(world)).to.equal(before + 1);
      await Promise.all(answers.map((answer) => answer.text()));
      client.close();
    },
  },
  {
    name: "a service whose clock is hours off is paid all the same",
    async run(world) {
      for (const hours of [-6, 6]) {
        await tell(world, { shiftMs: hours * 3_600_000 });
        const client = clientOf(world);
        expect(await pay(world, client)).to.deep.equal({ answer: 200, times: 1 });
        client.close();
      }
      await tell(world, { shiftMs: 0 });
    },
  },
];
