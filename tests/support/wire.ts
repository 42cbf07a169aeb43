// Writes an answer to the connection itself: an answer that no HTTP server would send.
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { WireStep } from "../portable/wire.ts";

/** The time between two pieces of a drip. Only a deadline or a signal of the client ends a drip. */
const DRIP_MS = 20;

const CHUNK_BYTES = 64 * 1024;

/** Carries out the steps in order, until the connection is closed. `fill` replaces the placeholders of a text. */
export async function sendWire(
  steps: readonly WireStep[],
  socket: Socket,
  fill: (text: string) => string,
): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) {
      return;
    }
    if (typeof step === "string") {
      await write(socket, fill(step));
    } else if ("hex" in step) {
      await write(socket, Buffer.from(step.hex, "hex"));
    } else if ("text" in step) {
      await writeTimes(socket, step);
    } else if ("gzip" in step) {
      const zipped = gzipOf(step.gzip.repeat(step.times ?? 1));
      const end = zipped.length - (step.cutBytes ?? 0);
      await write(socket, zipped.subarray(0, end));
    } else if ("drip" in step) {
      for (let sent = 0; !socket.destroyed; sent++) {
        await write(socket, step.drip[sent % step.drip.length] ?? "");
        await sleep(DRIP_MS);
      }
    } else if (step.action === "reset") {
      socket.resetAndDestroy();
    } else if (step.action === "close") {
      socket.end();
    } else {
      await closed(socket);
    }
  }
}

const zippedTexts = new Map<string, Buffer>();

/** Compresses a text, once: many clients ask for the same bomb. */
function gzipOf(text: string): Buffer {
  const zipped = zippedTexts.get(text) ?? gzipSync(text);
  zippedTexts.set(text, zipped);
  return zipped;
}

/** Writes a text many times, in large pieces. Waits for the client to take each piece. */
async function writeTimes(socket: Socket, { text, times }: { text: string; times: number }) {
  const perPiece = Math.max(1, Math.floor(CHUNK_BYTES / Buffer.byteLength(text)));
  for (let left = times; left > 0 && !socket.destroyed; left -= perPiece) {
    await write(socket, text.repeat(Math.min(perPiece, left)));
  }
}

/** Waits until the connection is closed, or broken. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) {
      resolve();
    } else {
      socket.once("close", resolve);
    }
  });
}

/** Writes, and waits until the system has taken all of it or the connection is closed. */
async function write(socket: Socket, data: string | Buffer): Promise<void> {
  if (data.length === 0 || socket.destroyed) {
    return;
  }
  await new Promise<void>((resolve) => {
    socket.once("close", resolve);
    socket.write(data, () => {
      socket.off("close", resolve);
      resolve();
    });
  });
}
