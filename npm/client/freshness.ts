import { steadyMs } from "../clock.js";

/** How far the wall clock may move, either way, before the steady one is read as well. */
const GLANCE_MS = 50;

/**
 * Until when the token at hand is handed out without asking the lifecycle, by both clocks. The lifecycle says
 * for how long; here two instants are compared.
 */
export class Freshness {
  /** Both clocks, as they were last read. */
  #wallMs = 0;
  #steadyMs = 0;
  #untilWallMs = 0;
  #untilSteadyMs = 0;
  // Between these two, by the wall clock, the steady one need not be read: two clocks take half as long again.
  #afterMs = 0;
  #beforeMs = 0;

  /** Reads the clocks, and returns whether the token is still fresh. */
  isFresh(): boolean {
    const wallMs = Date.now();
    return (wallMs < this.#beforeMs && wallMs > this.#afterMs) || this.#isFreshByBoth(wallMs);
  }

  /** The end of its freshness, by the wall clock. */
  get untilMs(): number {
    return this.#untilWallMs;
  }

  /** The steady clock, as it was last read. */
  get seenMs(): number {
    return this.#steadyMs;
  }

  /** Both clocks were read, and the lifecycle was told of it. */
  sees(wallMs: number, steadyMs: number): void {
    this.#wallMs = wallMs;
    this.#steadyMs = steadyMs;
    this.#glance();
  }

  /** Begins now, when the clocks were last read. */
  begin(freshForMs: number): void {
    this.#untilWallMs = this.#wallMs + freshForMs;
    this.#untilSteadyMs = this.#steadyMs + freshForMs;
    this.#glance();
  }

  /** The lifecycle is asked next time. */
  end(): void {
    this.#untilWallMs = 0;
    this.#glance();
  }

  /** What a clock that was put back means, the lifecycle says. */
  #isFreshByBoth(wallMs: number): boolean {
    if (wallMs >= this.#untilWallMs || wallMs < this.#wallMs) {
      return false;
    }
    const nowMs = steadyMs();
    if (nowMs >= this.#untilSteadyMs || nowMs < this.#steadyMs) {
      return false;
    }
    this.sees(wallMs, nowMs);
    return true;
  }

  #glance(): void {
    this.#afterMs = this.#wallMs - GLANCE_MS;
    this.#beforeMs = Math.min(this.#wallMs + GLANCE_MS, this.#untilWallMs);
  }
}
