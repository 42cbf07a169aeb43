// Bodies of requests: which can be sent again, and which the platform can't send at all.
import { describe, invalidOption } from "../arguments.js";
import { isInstance, runtime } from "../runtime.js";

/** What can be sent any number of times. */
export type ReplayableBody = string | Uint8Array<ArrayBuffer> | Blob | URLSearchParams | FormData;

/** What a caller gave as a body, and a copy that can be sent again, if there can be one. */
export interface Body {
  readonly body: unknown;
  readonly copy: ReplayableBody | undefined;
}

/**
 * Returns a copy of a body that can be sent again: the caller may change the body while the client waits for a token.
 * Returns nothing for a stream, which is spent once it was sent, and for what only the given `fetch` knows.
 *
 * The platform's fetch makes the text `[object FormData]` of another library's FormData, so it gets the platform's
 * own. A `fetch` that was given gets the class that it was given.
 *
 * @throws `P4P_INVALID_OPTIONS` for what the platform's fetch would send as such a text.
 */
export function copyOf(body: unknown, forPlatform: boolean): ReplayableBody | undefined {
  if (isInstance(body, "ArrayBuffer")) {
    return new Uint8Array(body as ArrayBuffer).slice();
  }
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  }
  if (isStream(body)) {
    return undefined;
  }
  const copy = forPlatform ? platformsCopy(body) : ownCopy(body);
  if (copy === undefined && forPlatform) {
    const expected =
      "text, bytes, or a Blob, a FormData, URLSearchParams or a stream of the platform";
    throw invalidOption("body", expected, describe(body));
  }
  return copy;
}

function isStream(body: unknown): boolean {
  const isIterable = typeof body === "object" && body !== null && Symbol.asyncIterator in body;
  // Servers send what can be iterated. Workers and browsers make a text of it.
  const isSent = isIterable && !["browser", "workers"].includes(runtime());
  return isSent || body instanceof ReadableStream;
}

function platformsCopy(body: unknown): ReplayableBody | undefined {
  if (isBlob(body)) {
    return isPlatformsBlob(body) ? body : undefined;
  }
  if (isInstance(body, "FormData") && Symbol.iterator in (body as object)) {
    const entries = [...(body as FormData)];
    const isPlatforms = entries.every(([, value]) => !isBlob(value) || isPlatformsBlob(value));
    return isPlatforms ? filled(new FormData(), entries) : undefined;
  }
  const text = Array.isArray(body) ? undefined : textOf(body);
  return text !== undefined && isInstance(body, "URLSearchParams")
    ? new URLSearchParams(text)
    : text;
}

/** A copy by its own constructor. Nothing where that fails, or adds something: then it is left alone. */
function ownCopy(body: unknown): ReplayableBody | undefined {
  if (typeof body === "string" || isBlob(body)) {
    return body;
  }
  try {
    const Class = (body as object).constructor as typeof FormData & typeof URLSearchParams;
    if (isInstance(body, "FormData")) {
      const copy: FormData = new Class();
      return [...copy].length === 0 ? filled(copy, [...(body as FormData)]) : undefined;
    }
    const copy = isInstance(body, "URLSearchParams") ? new Class(String(body)) : undefined;
    return String(copy) === String(body) ? copy : undefined;
  } catch {
    return undefined;
  }
}

export const isBlob = (value: unknown): value is Blob =>
  isInstance(value, "Blob") || isInstance(value, "File");

/** Whether it is a Blob to the platform, which makes a text of any other. */
const isPlatformsBlob = (blob: Blob): boolean =>
  typeof filled(new FormData(), [["", blob as File]]).get("") !== "string";

function filled(form: FormData, entries: readonly (readonly [string, FormDataEntryValue])[]) {
  for (const [name, value] of entries) {
    form.append(name, value as string);
  }
  return form;
}

/** The text of a value. Nothing for an object that has none: it would become `[object Object]`. */
export function textOf(value: unknown): string | undefined {
  try {
    const text = String(value);
    const hasNone = typeof value === "function" || typeof value === "symbol";
    return hasNone || (typeof value === "object" && text.startsWith("[object ")) ? undefined : text;
  } catch {
    return undefined;
  }
}
