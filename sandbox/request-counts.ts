// Counts the requests of each endpoint.
import { TOKEN_PATHS } from "./paths.ts";

/** The counts of an endpoint, by the names that the control's answers have. */
export interface Count {
  /** All requests. */
  readonly asked: number;
  /** The requests that the service carried out, including those with a lost answer. */
  readonly succeeded: number;
}

export class RequestCounts {
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

  /** Returns the sum of both paths of the exchange. */
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
