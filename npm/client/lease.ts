// The lease of the current token: how long it is handed out without a call into the core.
import { steadyMs } from "../clock.js";

/** How far the wall clock may move, either way, before the steady clock is read as well, in milliseconds. */
const WALL_CLOCK_ONLY_MS = 50;

/**
 * The period in which the current token is handed out without a question to the lifecycle, by both clocks. The
 * lifecycle decides how long it is. This class only compares instants. All of them are in milliseconds.
 */
export class Lease {
  /** The last reading of the wall clock. */
  #wallMs = 0;
  /** The last reading of the steady clock. */
  #steadyMs = 0;
  #untilWallMs = 0;
  #untilSteadyMs = 0;
  // Between these two instants of the wall clock, the steady clock is not read: to read both takes half as long again.
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

  /** The last reading of the steady clock. */
  get lastSteadyMs(): number {
    return this.#steadyMs;
  }

  /** Takes new readings of both clocks. */
  clocksRead(wallMs: number, steadyMs: number): void {
    this.#wallMs = wallMs;
    this.#steadyMs = steadyMs;
    this.#updateWallOnly();
  }

  /** Begins a lease of `handOutForMs`, from the last reading of the clocks. */
  begin(handOutForMs: number): void {
    this.#untilWallMs = this.#wallMs + handOutForMs;
    this.#untilSteadyMs = this.#steadyMs + handOutForMs;
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
    const steadyNowMs = steadyMs();
    if (steadyNowMs >= this.#untilSteadyMs || steadyNowMs < this.#steadyMs) {
      return false;
    }
    this.clocksRead(wallMs, steadyNowMs);
    return true;
  }

  #updateWallOnly(): void {
    this.#wallOnlyAfterMs = this.#wallMs - WALL_CLOCK_ONLY_MS;
    this.#wallOnlyBeforeMs = Math.min(this.#wallMs + WALL_CLOCK_ONLY_MS, this.#untilWallMs);
  }
}
