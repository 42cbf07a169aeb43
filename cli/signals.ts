// How the program ends from outside: by a signal, or because the reader of its output is gone.
import { EXIT } from "./exit-codes.ts";
import { note } from "./output.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

let close: (() => Promise<void>) | undefined;

/** Ends the program at once when a signal asks for it. */
export function handleSignals(): void {
  for (const [signal, exitCode] of Object.entries(EXIT_CODES)) {
    process.once(signal, () => {
      const end = () => process.exit(exitCode);
      if (close === undefined) {
        end();
      } else {
        close().then(end, end);
      }
    });
  }
}

/** Calls `closeAll` before a signal ends the program. */
export function beforeSignalEnds(closeAll: () => Promise<void>): void {
  close = closeAll;
}

/** Ends the program when its output can't be written: in silence if the reader of a pipe has gone, as `head -1` does. */
export function handleBrokenOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "EPIPE") {
        process.exit();
      }
      note(`pay4power-auth: the output can't be written (${code})`);
      process.exit(EXIT.other);
    });
  }
}
