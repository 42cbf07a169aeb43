// Classes as other libraries have them: with the tags of the platform's classes.
import type { Client } from "pay4power-auth";

export class OtherForm {
  readonly entries: [string, unknown][] = [];
  get [Symbol.toStringTag](): string {
    return "FormData";
  }
  append(name: string, value: unknown): void {
    this.entries.push([name, value]);
  }
  [Symbol.iterator](): Iterator<[string, unknown]> {
    return this.entries[Symbol.iterator]();
  }
}

export class OtherParams {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  get [Symbol.toStringTag](): string {
    return "URLSearchParams";
  }
  toString(): string {
    return this.text;
  }
}

export const OTHER_BLOB = {
  [Symbol.toStringTag]: "Blob",
  size: 3,
  type: "",
  stream: () => new Blob(["pay"]).stream(),
  arrayBuffer: async () => new TextEncoder().encode("pay").buffer,
};

/** A `Request` of another library, as node-fetch and undici have theirs. */
export class OtherRequest {
  readonly url: string;
  readonly method: string;
  readonly headers = new Map([["x-own", "1"]]);
  readonly body: unknown;
  constructor(url: string, method = "GET", body: unknown = null) {
    this.url = url;
    this.method = method;
    this.body = body;
  }
  get [Symbol.toStringTag](): string {
    return "Request";
  }
}

/** What is given to `client.fetch` in any of these ways has no type. */
export const loose = (client: Client) =>
  client.fetch as unknown as (input?: unknown, init?: unknown) => Promise<Response>;
