// The type of a peer.
import type { StubService } from "./stub-service.ts";

/** The methods of a peer. `limits` in bench/peer-notes.ts has what it lacks. */
export interface Peer {
  /** Returns a valid token. */
  readonly getToken?: () => Promise<unknown>;
  /** Sends a request with the token, and returns the status of its answer. */
  readonly fetch?: (url: string) => Promise<{ readonly status: number }>;
}

export type MakePeer = (service: StubService) => Peer;
