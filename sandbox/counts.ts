// How often the service was asked for what.
import { TOKEN_PATHS } from "./exchange.ts";

export interface Count {
  readonly asked: number;
  /** How often the service did what it was asked for, even where its answer was then lost. */
  readonly succeeded: number;
}

export class Counts {
  readonly #paths = new Map<string, Count>();

  add(path: string, more: Partial<Count>): void {
    const { asked, succeeded } = this.of(path);
    this.#paths.set(path, {
      asked: asked + (more.asked ?? 0),
      succeeded: succeeded + (more.succeeded ?? 0),
    });
  }

  of(path: string): Count {
    return this.#paths.get(path) ?? { asked: 0, succeeded: 0 };
  }

  /** Both addresses of the exchange together. */
  exchanges(): Count {
    const counts = TOKEN_PATHS.map((path) => this.of(path));
    return {
      asked: counts.reduce((sum, { asked }) => sum + asked, 0),
      succeeded: counts.reduce((sum, { succeeded }) => sum + succeeded, 0),
    };
  }

  paths(): Record<string, Count> {
    return Object.fromEntries(this.#paths);
  }

  clear(): void {
    this.#paths.clear();
  }
}
