// Shows the steps that take a while: on a terminal all that run, with how far they are; elsewhere a line when a step
// begins and one when it ends. Plain JavaScript without dependencies: set-up uses it before any package is installed.
import { clearScreenDown, moveCursor } from "node:readline";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;

/** Shows steps on a stream, such as stderr. */
export class Progress {
  #stream;
  #running = new Set();
  #shownLines = 0;
  #timer;

  constructor(stream) {
    this.#stream = stream;
  }

  /**
   * Runs a step and shows it. `usualS` is how long it takes on two cores, in seconds. `run` gets a function that takes
   * how far the step is, in words.
   * @template Value
   * @param {string} name
   * @param {number} usualS
   * @param {(report: (how: string) => void) => Promise<Value>} run
   * @returns {Promise<Value>}
   */
  async step(name, usualS, run) {
    const step = { name, usualS, how: "", beganMs: performance.now() };
    if (this.#stream.isTTY) {
      this.#timer ??= setInterval(() => this.#draw(), FRAME_MS);
    } else {
      const together = this.#running.size > 0 ? ", at the same time" : "";
      this.#stream.write(`${name} (usually ${usualS} s${together})\n`);
    }
    this.#running.add(step);
    let mark = "✗";
    try {
      const value = await run((how) => {
        step.how = how;
      });
      mark = "✓";
      return value;
    } finally {
      this.#running.delete(step);
      if (this.#stream.isTTY) {
        this.#erase();
        this.#stream.write(`${mark} ${name}: ${seconds(step)} s\n`);
        this.#draw();
      } else {
        const end = mark === "✓" ? "done in" : "failed after";
        this.#stream.write(`${name}: ${end} ${seconds(step)} s\n`);
      }
      if (this.#running.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  #draw() {
    this.#erase();
    const frame = FRAMES[Math.floor(performance.now() / FRAME_MS) % FRAMES.length];
    const width = this.#stream.columns || 80;
    for (const step of this.#running) {
      const how = step.how === "" ? "" : `, ${step.how}`;
      const line = `${frame} ${step.name}${how}: ${seconds(step)} s (usually ${step.usualS} s)`;
      this.#stream.write(`${line.slice(0, width - 1).trimEnd()}\n`);
    }
    this.#shownLines = this.#running.size;
  }

  #erase() {
    moveCursor(this.#stream, 0, -this.#shownLines);
    clearScreenDown(this.#stream);
    this.#shownLines = 0;
  }
}

function seconds({ beganMs }) {
  return Math.round((performance.now() - beganMs) / 1_000);
}

/** The progress of this process. It goes to stderr, so that stdout has only results. */
export const progress = new Progress(process.stderr);
