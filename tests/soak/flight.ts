// The calls of one subject: which are under way, and how each ended.
import { type Call, GRACE_MS, limitMs, type Outcome } from "./calls.ts";
import { type Span, wrongWith } from "./checker.ts";
import type { Host } from "./host.ts";
import type { Ledger } from "./ledger.ts";
import type { Problems } from "./problems.ts";
import { SHARED } from "./service.ts";

/** How the calls of a subject ended. */
export interface Tally {
  made: number;
  /** By the type of the end, and the status or the code. */
  readonly ends: Record<string, number>;
  /** Under way when the subject was restarted. */
  lost: number;
  /** Left by a Worker's request that returned at once. */
  left: number;
  hung: number;
  /** The most calls that were under way at the same time. */
  mostAtOnce: number;
  /** The longest call in milliseconds. */
  longestMs: number;
  restarts: number;
  jumps: number;
}

/** An outcome that has not come this long after a call's limit and grace never comes. */
const TRAVEL_MS = 5_000;
/** How many attempts of a client may explain an error. Of a Worker some leaders are gone, and nobody saw their end. */
const RELEVANT_ATTEMPTS = { node: 2, workerd: 6 };

export class Flight {
  readonly host: Host;
  readonly tally: Tally = {
    made: 0,
    ends: {},
    lost: 0,
    left: 0,
    hung: 0,
    mostAtOnce: 0,
    longestMs: 0,
    restarts: 0,
    jumps: 0,
  };
  readonly jumps: Span[] = [];
  isUp = false;
  /** True while no call begins, so that a sample shows the subject at rest. */
  isPaused = false;
  readonly #underWay = new Map<number, { readonly call: Call; readonly sinceMs: number }>();
  readonly #ledger: Ledger;
  readonly #problems: Problems;
  readonly #restartsOfService: readonly Span[];
  #generation = 0;

  constructor(
    makeHost: (flight: Flight) => Host,
    ledger: Ledger,
    problems: Problems,
    restartsOfService: readonly Span[],
  ) {
    this.#ledger = ledger;
    this.#problems = problems;
    this.#restartsOfService = restartsOfService;
    this.host = makeHost(this);
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  async start(): Promise<void> {
    await this.host.start();
    this.#generation += 1;
    this.isUp = true;
  }

  async stop(): Promise<void> {
    this.isUp = false;
    await this.host.stop();
  }

  /** Ends the subject in the midst of its calls, and starts another one. */
  async restart(): Promise<void> {
    await this.stop();
    this.tally.restarts += 1;
    this.tally.lost += this.#underWay.size;
    for (const id of this.#underWay.keys()) {
      this.#ledger.forget(id);
    }
    this.#underWay.clear();
    await this.start();
  }

  async jump(ms: number): Promise<void> {
    const span = { fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY };
    this.jumps.push(span);
    const generation = this.#generation;
    try {
      await this.host.jump(ms);
      this.tally.jumps += 1;
    } catch (error) {
      // A Worker that is restarted meanwhile takes the request with it.
      if (this.isUp && generation === this.#generation) {
        this.#problems.add(`${this.host.runtime}: no jump of its clock: ${error}`);
      }
    }
    span.untilMs = Date.now();
  }

  launch(calls: readonly Call[]): void {
    const sinceMs = Date.now();
    this.tally.made += calls.length;
    for (const call of calls) {
      if (call.kind === "leave") {
        this.tally.left += 1;
      } else {
        this.#underWay.set(call.id, { call, sinceMs });
      }
    }
    this.tally.mostAtOnce = Math.max(this.tally.mostAtOnce, this.#underWay.size);
    this.host.run(calls);
  }

  settle(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      const found = this.#underWay.get(outcome.id);
      if (found === undefined) {
        this.#problems.add(
          `${this.host.runtime}: call ${outcome.id} settled, but is not under way`,
        );
        continue;
      }
      this.#underWay.delete(outcome.id);
      this.#check(found.call, outcome);
      this.#ledger.forget(outcome.id);
    }
  }

  /** Notes the calls that should have settled long ago. */
  sweep(nowMs = Date.now()): void {
    for (const [id, { call, sinceMs }] of this.#underWay) {
      if (nowMs - sinceMs > limitMs(call) + GRACE_MS + TRAVEL_MS) {
        this.#underWay.delete(id);
        this.tally.hung += 1;
        const { runtime } = this.host;
        this.#problems.add(`${runtime}: call ${id} (${call.kind}) has not settled`);
      }
    }
  }

  #check(call: Call, outcome: Outcome): void {
    const { end, atMs, tookMs } = outcome;
    const what =
      "status" in end ? `${end.type} ${end.status}` : "code" in end ? end.code : end.type;
    this.tally.ends[what] = (this.tally.ends[what] ?? 0) + 1;
    this.tally.longestMs = Math.max(this.tally.longestMs, tookMs);
    const { runtime, isWorker } = this.host;
    const letter = isWorker ? SHARED : "n";
    const client = `${letter}${this.#generation}-${call.client}`;
    const wrong = wrongWith(call, outcome, {
      given: this.#ledger.givenTo(call.id),
      requests: this.#ledger.requestsOf(call.id),
      attempts: this.#ledger.attemptsOf(client, atMs),
      relevantAttempts: RELEVANT_ATTEMPTS[runtime],
      restarts: this.#restartsOfService,
      jumps: this.jumps,
      deadlineJumps: isWorker ? this.jumps : [],
      token: (jti) => this.#ledger.token(jti),
    });
    if (wrong !== undefined) {
      this.#problems.add(`${runtime}: ${wrong}`);
    }
  }
}
