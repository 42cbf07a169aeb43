// The bodies of requests: copies that can be sent again, and values that the platform can't send.
import { describe, invalidOption } from "../arguments.js";
import { isInstance, runtime } from "../runtime.js";

/** A body that can be sent any number of times. */
export type ReplayableBody = string | Uint8Array<ArrayBuffer> | Blob | URLSearchParams | FormData;

/** The caller's body, and a copy of it that can be sent again, if there can be one. */
export interface RequestBody {
  readonly body: unknown;
  readonly copy: ReplayableBody | undefined;
}

/**
 * Returns a copy of a body that can be sent again. It needs a copy because the caller may change the body while the
 * client waits for a token. Returns `undefined` for a stream, because it can be read only once, and for a value that
 * only the caller's own `fetch` can send.
 *
 * The platform's fetch sends another library's FormData as the text `[object FormData]`, so it gets a FormData of the
 * platform. The caller's own `fetch` gets the class that the caller used.
 *
 * @throws `P4P_INVALID_OPTIONS` for a value that the platform's fetch would send as such a text.
 */
export function replayableCopyOf(body: unknown, forPlatform: boolean): ReplayableBody | undefined {
  if (isInstance(body, "ArrayBuffer")) {
    return new Uint8Array(body as ArrayBuffer).slice();
  }
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  }
  if (isStream(body)) {
    return undefined;
  }
  const copy = forPlatform ? platformCopyOf(body) : sameClassCopyOf(body);
  if (copy === undefined && forPlatform) {
    const expected =
      "text, bytes, or a Blob, a FormData, URLSearchParams or a stream of the platform";
    throw invalidOption("body", expected, describe(body));
  }
  return copy;
}

function isStream(body: unknown): boolean {
  const isIterable = typeof body === "object" && body !== null && Symbol.asyncIterator in body;
  // Server runtimes send an async iterable as a stream. Workers and browsers turn it into text.
  const isSentAsStream = isIterable && !["browser", "workers"].includes(runtime());
  return isSentAsStream || body instanceof ReadableStream;
}

function platformCopyOf(body: unknown): ReplayableBody | undefined {
  if (isBlob(body)) {
    return isPlatformBlob(body) ? body : undefined;
  }
  if (isInstance(body, "FormData") && Symbol.iterator in (body as object)) {
    const entries = [...(body as FormData)];
    const hasPlatformBlobs = entries.every(([, value]) => !isBlob(value) || isPlatformBlob(value));
    return hasPlatformBlobs ? fill(new FormData(), entries) : undefined;
  }
  const text = Array.isArray(body) ? undefined : textOf(body);
  return text !== undefined && isInstance(body, "URLSearchParams")
    ? new URLSearchParams(text)
    : text;
}

/**
 * Returns a copy made by the body's own constructor. Returns `undefined` if the constructor fails or adds something:
 * then the body is sent as it is.
 */
function sameClassCopyOf(body: unknown): ReplayableBody | undefined {
  if (typeof body === "string" || isBlob(body)) {
    return body;
  }
  try {
    const Class = (body as object).constructor as typeof FormData & typeof URLSearchParams;
    if (isInstance(body, "FormData")) {
      const copy: FormData = new Class();
      return [...copy].length === 0 ? fill(copy, [...(body as FormData)]) : undefined;
    }
    const copy = isInstance(body, "URLSearchParams") ? new Class(String(body)) : undefined;
    return String(copy) === String(body) ? copy : undefined;
  } catch {
    return undefined;
  }
}

export const isBlob = (value: unknown): value is Blob =>
  isInstance(value, "Blob") || isInstance(value, "File");

/** Returns true if the platform accepts this as a Blob. It turns the Blob of another library into text. */
const isPlatformBlob = (blob: Blob): boolean =>
  typeof fill(new FormData(), [["", blob as File]]).get("") !== "string";

function fill(form: FormData, entries: readonly (readonly [string, FormDataEntryValue])[]) {
  for (const [name, value] of entries) {
    form.append(name, value as string);
  }
  return form;
}

/** Returns the text of a value. Returns `undefined` for an object without a text, such as `[object Object]`. */
export function textOf(value: unknown): string | undefined {
  try {
    const text = String(value);
    const hasNoText = typeof value === "function" || typeof value === "symbol";
    return hasNoText || (typeof value === "object" && text.startsWith("[object "))
      ? undefined
      : text;
  } catch {
    return undefined;
  }
}
