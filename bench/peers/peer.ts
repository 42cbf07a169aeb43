import type { StubService } from "./stub-service.ts";

/** What a peer can do. What it lacks is said in `lacks` of bench/peers.ts. */
export interface Peer {
  /** Gives a token that is good now. */
  readonly getToken?: () => Promise<unknown>;
  /** Sends a request with the token, and gives the status of its answer. */
  readonly fetch?: (url: string) => Promise<{ readonly status: number }>;
}

export type MakePeer = (service: StubService) => Peer;
