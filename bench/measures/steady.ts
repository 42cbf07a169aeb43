// The measure `steady`: a steady stream of calls over the lives of several tokens. A call that has no token after
// one turn of the event loop is stalled: it waits for an exchange.
import { PEERS } from "../peers/index.ts";
import type { Peer } from "../peers/peer.ts";
import { StubService } from "../peers/stub-service.ts";
import type { MeasureRound } from "./measure-round.ts";

const ADDRESS = "https://service.example/api/services";
const CALLS_A_SECOND = 2_000;
const TOKENS = { lifetimeS: 3, latencyMs: 300, checksTokens: true };
/** The peers that renew such a brief token in time. */
const NAMES = [
  ...["pay4power-auth", "hand-written", "@smithy/core", "@azure/core-rest-pipeline"],
  ...["google-auth-library", "@badgateway/oauth2-client"],
];

export const measureRound: MeasureRound = async ({ isQuick }) => {
  const streams = Object.entries(PEERS)
    .filter(([name]) => NAMES.includes(name))
    .map(([name, make]) => {
      const service = new StubService(TOKENS);
      return new Stream(name, make(service), service);
    });
  await Promise.all(streams.map((stream) => stream.call())); // the first token
  for (const stream of streams) {
    stream.begin();
  }
  const begun = performance.now();
  const endMs = isQuick ? 7_000 : 20_000;
  let made = 0;
  for (let nowMs = 0; nowMs < endMs; nowMs = performance.now() - begun) {
    for (const due = (nowMs / 1_000) * CALLS_A_SECOND; made < due; made++) {
      for (const stream of streams) {
        void stream.call();
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Object.fromEntries(streams.map((stream) => [stream.name, stream.result()]));
};

class Stream {
  readonly name: string;
  readonly #peer: Peer;
  readonly #service: StubService;
  #calls = 0;
  #stalled = 0;
  #expired = 0;
  #exchangesBefore = 0;

  constructor(name: string, peer: Peer, service: StubService) {
    this.name = name;
    this.#peer = peer;
    this.#service = service;
  }

  begin(): void {
    [this.#calls, this.#stalled, this.#expired] = [0, 0, 0];
    this.#exchangesBefore = this.#service.exchanges;
  }

  async call(): Promise<void> {
    let isThere = false;
    this.#calls += 1;
    setImmediate(() => {
      this.#stalled += isThere ? 0 : 1;
    });
    const answer = await (this.#peer.getToken?.() ?? this.#peer.fetch?.(ADDRESS));
    isThere = true;
    this.#expired += this.#isGood(answer) ? 0 : 1;
  }

  /** Returns true for a token that the service accepts, and for a response with status 200. */
  #isGood(answer: unknown): boolean {
    const { status, token, value } = Object(answer) as Record<string, unknown>;
    const text = [answer, token, value].find((it) => typeof it === "string") as string | undefined;
    return status === 200 || this.#service.accepts(text);
  }

  result(): Record<string, number> {
    return {
      stalled: (100 * this.#stalled) / this.#calls,
      expired: this.#expired,
      exchanges: this.#service.exchanges - this.#exchangesBefore,
    };
  }
}
