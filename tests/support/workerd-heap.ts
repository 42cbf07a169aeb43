// Measures the JavaScript heap of a Worker's isolate, by the protocol of Chrome's developer tools: workerd has no other
// way to it.
import type { Worker } from "../../scripts/workerd.ts";

/** The name that workerd gives the Worker of a user. */
const TARGET = "core:user:";

const LIMIT_MS = 30_000;

/**
 * Collects the garbage of a Worker, and returns how many bytes its JavaScript heap has then. Needs a Worker with an
 * `inspectorPort`. `request` makes any request of the Worker: workerd collects only while it handles one.
 */
export async function heapBytesOf(
  { worker }: Worker,
  request: () => Promise<unknown>,
): Promise<number> {
  const inspector = await Inspector.connect(await worker.getInspectorURL());
  try {
    const collected = inspector.send("HeapProfiler.collectGarbage");
    await Promise.race([collected, repeatUntil(collected, request)]);
    const { usedSize } = await inspector.send<{ usedSize: number }>("Runtime.getHeapUsage");
    return usedSize;
  } finally {
    inspector.close();
  }
}

async function repeatUntil(done: Promise<unknown>, run: () => Promise<unknown>): Promise<void> {
  let isDone = false;
  const finish = () => {
    isDone = true;
  };
  done.then(finish, finish);
  while (!isDone) {
    await run();
  }
}

class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id !== undefined) {
        this.#waiting.get(id)?.(result);
        this.#waiting.delete(id);
      }
    });
  }

  static async connect(origin: URL): Promise<Inspector> {
    const socket = new WebSocket(`${origin.href}${TARGET}`);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("no inspector of workerd")));
    });
    return new Inspector(socket);
  }

  send<Result>(method: string): Promise<Result> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no answer of workerd's inspector to ${method}`));
      const timer = setTimeout(late, LIMIT_MS);
      this.#waiting.set(id, (result) => {
        clearTimeout(timer);
        resolve(result as Result);
      });
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}
