// What a caller of `client.fetch` gets: a status, and a body that it can read or not.
import type { Answered } from "./fault.ts";

/** How a request ended, in the words of the table, and what was thrown, if anything was. */
export interface Ended {
  readonly answer: string;
  readonly thrown?: unknown;
}

export interface Reader {
  /** Ends the request. */
  readonly controller: AbortController;
  readonly expected: Answered;
  /** Waits until the service has the request. */
  arrived(): Promise<void>;
  /** After so many bytes the caller has seen enough. */
  readonly mostBytes: number;
  /** A request that takes longer hangs. */
  readonly hangsMs: number;
}

/**
 * Returns how a request ended. A caller that expects to wait leaves: when the request has arrived, or, if it expects to
 * wait for the body, when the head is there.
 */
export async function answerOf(fetched: Promise<Response>, reader: Reader): Promise<Ended> {
  const { controller, expected, arrived, mostBytes, hangsMs } = reader;
  const leave = () => controller.abort();
  const timer = setTimeout(leave, hangsMs);
  if (expected === "waits") {
    arrived()
      .finally(leave)
      .catch(() => {});
  }
  let status: number | undefined;
  try {
    const answer = await fetched;
    status = answer.status;
    if (expected.endsWith("body waits")) {
      leave();
    }
    await readAtMost(mostBytes, answer);
    return { answer: `${status}` };
  } catch (thrown) {
    const { aborted } = controller.signal;
    const how = aborted ? ["waits", "body waits"] : ["rejects", "body breaks"];
    return { answer: status === undefined ? `${how[0]}` : `${status}, ${how[1]}`, thrown };
  } finally {
    clearTimeout(timer);
  }
}

async function readAtMost(mostBytes: number, { body }: Response): Promise<void> {
  const reader = body?.getReader();
  for (let bytes = 0; reader; ) {
    const { done, value } = await reader.read();
    bytes += value?.length ?? 0;
    if (done) {
      return;
    }
    if (bytes > mostBytes) {
      return reader.cancel();
    }
  }
}

/** A fetch that notes how many bytes of each answer were read, and how many of them with the last read. */
export function countingFetch() {
  const counts: { bytes: number; lastBytes: number }[] = [];
  const counting = async (url: string, init: RequestInit): Promise<Response> => {
    const answer = await fetch(url, init);
    const count = { bytes: 0, lastBytes: 0 };
    counts.push(count);
    const { body } = answer;
    const getReader = () => {
      const reader = (body as ReadableStream<Uint8Array>).getReader();
      const read = async () => {
        const chunk = await reader.read();
        count.lastBytes = chunk.value?.length ?? 0;
        count.bytes += count.lastBytes;
        return chunk;
      };
      return { read, cancel: () => reader.cancel() };
    };
    return Object.defineProperty(answer, "body", { value: body && { getReader } });
  };
  return { counts, fetch: counting };
}
