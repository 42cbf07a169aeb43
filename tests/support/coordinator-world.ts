// The world of a coordinator's objects: a service, a storage, and clocks that only the tests move.
import { afterEach, before, beforeEach } from "node:test";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { accepted } from "../portable/harness.ts";
import { type ErrorRecord, loadCloudflare, newCoordinator, tellObject } from "./coordinator.ts";
import { StandIns } from "./fake-service.ts";

export const HOUR_MS = 3_600_000;

/** The answer of an object to a question for a token. */
export interface ObjectAnswer {
  readonly token?: { readonly value: string };
  readonly endsInMs?: number;
  readonly tookMs?: number;
  readonly error?: ErrorRecord & { readonly retryAfterMs: number | null };
}

/** Replaces the clocks, and has a new storage for each test of the file. */
export class CoordinatorWorld {
  lib!: typeof Cloudflare;
  readonly globals = new StandIns();
  nowMs = 0;
  kept = new Map<string, unknown>();
  alarms: number[] = [];
  waits: Promise<unknown>[] = [];
  /** The public keys of the exchanges, in order. */
  publicKeys: string[] = [];
  /** How the service answers the next exchanges. After these it issues tokens. */
  answers: Response[] = [];
  /** Holds back the answers of the service until it resolves. */
  answersReady: Promise<unknown> = Promise.resolve();

  constructor(folderName: string) {
    const { now } = Date;
    before(async () => {
      this.lib = await loadCloudflare(folderName);
    });
    beforeEach(() => {
      this.nowMs = 1_800_000_000_000;
      this.kept = new Map();
      this.alarms = [];
      this.waits = [];
      this.publicKeys = [];
      this.answers = [];
      this.answersReady = Promise.resolve();
      Date.now = () => this.nowMs;
      this.globals.set("performance", { now: () => this.nowMs, timeOrigin: 1 });
    });
    afterEach(() => {
      Date.now = now;
      this.globals.restore();
    });
  }

  /** The object, or the same object after an eviction. */
  object(options: Cloudflare.CoordinatorOptions = {}) {
    const { kept, alarms, waits } = this;
    const given = { fetch: this.#fetch, ...options };
    const memory = { kept, alarms, waits };
    const object = newCoordinator(this.lib, "https://api.example/token", given, memory);
    const tell = (message: object) => tellObject(object, message);
    return {
      tell,
      /** Asks for a token. */
      ask: (message: object = {}) =>
        tell({ type: "token", rejected: [], ...message }) as Promise<ObjectAnswer>,
      alarm: () => object.alarm(),
    };
  }

  /** Holds back the answers of the service. Returns a function that lets them go. */
  hold(): () => void {
    let release = () => {};
    this.answersReady = new Promise<void>((resolve) => {
      release = resolve;
    });
    return () => release();
  }

  readonly #fetch = (async (_, init) => {
    const { publicKey } = JSON.parse(String(init?.body)) as { publicKey: string };
    this.publicKeys.push(publicKey);
    const token = `opaque-${this.publicKeys.length}`;
    await this.answersReady;
    const expiresAt = (this.nowMs + HOUR_MS) / 1_000;
    return this.answers.shift() ?? new Response(accepted({ token, expiresAt }));
  }) as typeof globalThis.fetch;
}
