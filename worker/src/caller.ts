// A caller of the Worker, and the type of a check of callers.

export interface Caller {
  /** The name of the caller in the log. */
  readonly id: string;
}

/** Returns the caller, or `undefined` to refuse the request. Throws if it cannot check callers now. */
export type CallerCheck = (request: Request) => Promise<Caller | undefined> | Caller | undefined;
