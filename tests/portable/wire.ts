// What the script server writes to a connection itself, as data: an answer that no HTTP server would send.

/**
 * One step. A text is sent as UTF-8, after its placeholders are replaced: `$CORS` by header lines that let a page read
 * the answer, `$PRIVATE_KEY` and `$BODY` by the request's key and body, `$AUTHORIZATION` by its header.
 */
export type WireStep =
  | string
  | { readonly hex: string }
  /** The text again and again. */
  | { readonly text: string; readonly times: number }
  /** The text, `times` times, compressed; without its last bytes. */
  | { readonly gzip: string; readonly times?: number; readonly cutBytes?: number }
  /** One of the texts after the other, slowly, until the client closes the connection. */
  | { readonly drip: readonly string[] }
  /** `hold` waits until the client closes the connection. */
  | { readonly action: "reset" | "close" | "hold" };

/** Breaks the connection. */
export const RESET: WireStep = { action: "reset" };
/** Says that nothing follows, and waits for the client to close the connection too. */
export const CLOSE: WireStep = { action: "close" };
export const HOLD: WireStep = { action: "hold" };

/** Returns a head with these header lines. It ends the connection unless `lines` say otherwise. */
export const head = (status: string, ...lines: readonly string[]): string =>
  [`HTTP/1.1 ${status}`, "Connection: close", "$CORS", ...lines, "", ""].join("\r\n");

/** Returns one chunk of a chunked body. */
export const chunk = (text: string): string =>
  `${new TextEncoder().encode(text).length.toString(16)}\r\n${text}\r\n`;

export const LAST_CHUNK = "0\r\n\r\n";

/** Returns the header line with the length of `text`. */
export const lengthOf = (text: string): string =>
  `Content-Length: ${new TextEncoder().encode(text).length}`;
