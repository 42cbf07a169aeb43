// The answers of the server of the page: the page asks them for its mode.
import type { Sandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";

/** The lifetime of the tokens that the page shows, in seconds: short, so that a person sees several of them. */
export const PAGE_LIFETIME_S = 20;

export type Answers = Record<string, () => Promise<object> | object>;

/**
 * Returns the answers for a page that is a client of the sandbox. It gets the sandbox's example keys, which are not
 * secret. Each load of the page restores the sandbox, so that the page counts from 0.
 */
export function sandboxAnswers({ tokenUrl, baseUrl, controlUrl, control }: Sandbox): Answers {
  const config = { holder: "page", ...KEYS, tokenUrl, baseUrl, controlUrl };
  return {
    "/config.json": () => {
      control.reset();
      return config;
    },
  };
}

/** Returns the answers for a page that asks a Worker. The Worker holds the keys. */
export function workerAnswers(askWorker: () => Promise<object>): Answers {
  return {
    "/config.json": () => ({ holder: "worker", asks: ["/summary.json"] }),
    "/summary.json": askWorker,
  };
}
