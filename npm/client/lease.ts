// The lease of the current token: how long it is handed out without a call into the core.
import { monotonicMs } from "../clock.js";

/** How far the wall clock may move, either way, before the monotonic clock is read as well, in milliseconds. */
const WALL_CLOCK_ONLY_MS = 50;

/**
 * The period in which the current token is handed out without a question to the lifecycle, by both clocks. The
 * lifecycle decides how long it is. This class only compares instants. All of them are in milliseconds.
 */
export class Lease {
  /** The last reading of the wall clock. */
  #wallMs = 0;
  /** The last reading of the monotonic clock. */
  #monotonicMs = 0;
  #untilWallMs = 0;
  #untilMonotonicMs = 0;
  // Between these two instants of the wall clock, the monotonic clock is not read: to read both takes half as long again.
  #wallOnlyAfterMs = 0;
  #wallOnlyBeforeMs = 0;

  /** Reads the clocks. Returns true if the lease lasts. */
  lasts(): boolean {
    const wallMs = Date.now();
    return (
      (wallMs < this.#wallOnlyBeforeMs && wallMs > this.#wallOnlyAfterMs) ||
      this.#lastsByBoth(wallMs)
    );
  }

  /** The end of the lease, by the wall clock. */
  get untilWallMs(): number {
    return this.#untilWallMs;
  }

  /** The last reading of the monotonic clock. */
  get lastMonotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Takes new readings of both clocks. */
  clocksRead(wallMs: number, monotonicMs: number): void {
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    this.#updateWallOnly();
  }

  /** Begins a lease of `handOutForMs`, from the last reading of the clocks. */
  begin(handOutForMs: number): void {
    this.#untilWallMs = this.#wallMs + handOutForMs;
    this.#untilMonotonicMs = this.#monotonicMs + handOutForMs;
    this.#updateWallOnly();
  }

  /** Ends the lease: the next caller asks the lifecycle. */
  end(): void {
    this.#untilWallMs = 0;
    this.#updateWallOnly();
  }

  /** Returns false if a clock was put back: the lifecycle decides what that means. */
  #lastsByBoth(wallMs: number): boolean {
    if (wallMs >= this.#untilWallMs || wallMs < this.#wallMs) {
      return false;
    }
    const monotonicNowMs = monotonicMs();
    if (monotonicNowMs >= this.#untilMonotonicMs || monotonicNowMs < this.#monotonicMs) {
      return false;
    }
    this.clocksRead(wallMs, monotonicNowMs);
    return true;
  }

  #updateWallOnly(): void {
    this.#wallOnlyAfterMs = this.#wallMs - WALL_CLOCK_ONLY_MS;
    this.#wallOnlyBeforeMs = Math.min(this.#wallMs + WALL_CLOCK_ONLY_MS, this.#untilWallMs);
  }
}
