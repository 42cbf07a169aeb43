// The mutants that no test kills, and why. A run fails if it finds another one, or if one of these is killed.
import type { Explained } from "./mutants.ts";

export const SURVIVORS: Readonly<Record<string, readonly Explained[]>> = {
  "npm/client/answer-reports.ts": [
    {
      line: "return this.replayed(rejected, true)?.then(() => false) ?? false;",
      becomes: ["return this.replayed(rejected, true)?.then(() => undefined) ?? false;"],
      why: "The caller only asks whether the result is true.",
    },
  ],
  "npm/client/caller.ts": [
    {
      line: "if (!action.start) {",
      becomes: ["if (false) {", "if (!action.start) {} …"],
      why: "Cannot happen: the holder sets the token together with the lifecycle.",
    },
    {
      line: 'throw internalError(new Error("a token is missing"), []);',
      becomes: [
        'throw internalError(new Error(""), []);',
        'throw internalError(new Error("a token is missing"), ["Stryker was here"]);',
      ],
      why: "Cannot happen: the holder sets the token together with the lifecycle.",
    },
  ],
  "npm/client/events.ts": [
    {
      line: "(done as Promise<unknown> | undefined)?.catch?.(() => {});",
      becomes: [
        "(done as Promise<unknown> | undefined).catch?.(() => {});",
        "(done as Promise<unknown> | undefined)?.catch(() => {});",
      ],
      why: "The call then throws, and the catch around it ignores that. The engine takes long to make each error.",
      mayDie: true,
    },
  ],
  "npm/client/exchange-requests.ts": [
    {
      line: "this.#controller?.abort();",
      becomes: ["this.#controller.abort();"],
      why: "The call then throws, and the catch around it ignores that.",
    },
  ],
  "npm/client/exchanges.ts": [
    {
      line: "const secrets = [...(keySource?.secrets ?? [])];",
      becomes: ['const secrets = [...(keySource?.secrets ?? ["Stryker was here"])];'],
      why: "No cause has the text that the mutant takes for a secret.",
    },
  ],
  "npm/client/key-source.ts": [
    {
      line: "if (call > this.#lastUsedCall) {",
      becomes: ["if (call >= this.#lastUsedCall) {"],
      why: "Each call has a number of its own, so that the two are never equal here.",
    },
  ],
  "npm/client/leader.ts": [
    {
      line: "const failure = await issuer.getKeys?.(contextFor(next.deadlineMs));",
      becomes: ["const failure = await issuer.getKeys(contextFor(next.deadlineMs));"],
      why: "Only the issuer that asks the service lacks keys, and it has `getKeys`.",
    },
  ],
  "npm/client/rejected-tokens.ts": [
    {
      line: '#hash = "";',
      becomes: ['#hash = "Stryker was here!";'],
      why: "The method sets the hash before it returns it.",
    },
  ],
  "npm/client/service-issuer.ts": [
    {
      line: 'onProgress({ step: "wait", attempt: 1, untilMs: monotonicMs(), waitMs: 0, error: result });',
      becomes: [
        'onProgress({ step: "", attempt: 1, untilMs: monotonicMs(), waitMs: 0, error: result });',
      ],
      why: "A step that is neither an attempt nor a call for the keys is a wait to every reader.",
    },
  ],
  "npm/client/token-holder.ts": [
    {
      line: "} catch {",
      becomes: ["} catch {} …"],
      why: "Without the return the result is `undefined`, which is the same to every caller.",
    },
  ],
  "npm/cloudflare/coordinator-client.ts": [
    {
      line: "const policy = { ...POLICY, hasStore: false };",
      becomes: ["const policy = { ...POLICY, hasStore: true };"],
      why: "Without a store the leader goes on within the same turn, and the time of its first step replaces that of the store.",
    },
    {
      line: "const secrets = lastToken ? [lastToken.value] : [];",
      becomes: ['const secrets = lastToken ? [lastToken.value] : ["Stryker was here"];'],
      why: "No error has the text that the mutant takes for a secret.",
    },
    {
      line: "this.#waitUntil?.(sent);",
      becomes: ["this.#waitUntil(sent);"],
      why: "The call then throws, and the catch around it ignores that.",
    },
  ],
  "npm/cloudflare/coordinator.ts": [
    {
      line: "given.onEvent?.(event);",
      becomes: ["given.onEvent(event);"],
      why: "The call then throws, and the emitter ignores what a listener throws.",
    },
    {
      line: "this.#source = withSecretNames(internalError(thrown, []));",
      becomes: ['this.#source = withSecretNames(internalError(thrown, ["Stryker was here"]));'],
      why: "No error has the text that the mutant takes for a secret.",
    },
    {
      line: "return Response.json({ error: internalError(thrown, []).toJSON() });",
      becomes: [
        'return Response.json({ error: internalError(thrown, ["Stryker was here"]).toJSON() });',
      ],
      why: "No error has the text that the mutant takes for a secret.",
    },
    {
      line: "const { code, retryable, retryAfterMs } = internalError(thrown, []);",
      becomes: [
        'const { code, retryable, retryAfterMs } = internalError(thrown, ["Stryker was here"]);',
      ],
      why: "No error has the text that the mutant takes for a secret.",
    },
    {
      line: 'if (internalError(thrown, []).code !== "P4P_INTERNAL") {',
      becomes: ['if (internalError(thrown, ["Stryker was here"]).code !== "P4P_INTERNAL") {'],
      why: "No error has the text that the mutant takes for a secret.",
    },
    {
      line: "if (current) {",
      becomes: ["if (true) {"],
      why: "A token has just become current, or was just handed out. Only a 401 between two microtasks could have ended it, and no test can choose that moment.",
    },
  ],
  "npm/core/call.ts": [
    {
      line: "export function errorOf(thrown: unknown, secrets: readonly string[] = []): AuthError {",
      becomes: [
        'export function errorOf(thrown: unknown, secrets: readonly string[] = ["Stryker was here"]): AuthError {',
      ],
      why: "No error has the text that the mutant takes for a secret.",
    },
    {
      line: "throw internalError(thrown, []); // the platform has thrown: it may be out of memory",
      becomes: [
        'throw internalError(thrown, ["Stryker was here"]); // the platform has thrown: it may be out of memory',
      ],
      why: "No error has the text that the mutant takes for a secret.",
    },
    {
      line: "return internalError(trap instanceof RuntimeError ? trap : undefined, []);",
      becomes: [
        'return internalError(trap instanceof RuntimeError ? trap : undefined, ["Stryker was here"]);',
      ],
      why: "No trap has the text that the mutant takes for a secret.",
    },
  ],
  "npm/core/host.ts": [
    {
      line: "} catch (thrown) {",
      becomes: ["} catch (thrown) {} …"],
      why: "The guard of the export has ended the instance before it throws. Only a stack that overflows between the two could end it here, and no test can choose that place.",
    },
    {
      line: "end(instance, thrown);",
      becomes: [";"],
      why: "As the mutant of the line before.",
    },
  ],
  "npm/errors.ts": [
    {
      line: "} catch {",
      becomes: ["} catch {} …", "} catch {} …", "} catch {} …"],
      why: "Without the return the result is `undefined`, which is the same to every caller.",
    },
    {
      line: "return (value as Record<string, unknown> | null | undefined)?.[name];",
      becomes: ["return (value as Record<string, unknown> | null | undefined)[name];"],
      why: "`undefined` and `null` then throw, and the catch returns `undefined` too.",
    },
    {
      line: 'typeof (thrown as { readonly code?: unknown }).code === "string"',
      becomes: ["true"],
      why: "Every object that the core throws has a code. It gives no other object to this function: what a fetch throws is the cause of a record.",
    },
    {
      line: 'const STACK_GETTER = Object.getOwnPropertyDescriptor(new Error(), "stack")?.get;',
      becomes: ['const STACK_GETTER = Object.getOwnPropertyDescriptor(new Error(), "stack").get;'],
      why: "Every error of Node has a `stack` of its own. Firefox has it on the prototype, and would fail to load the package.",
    },
    {
      line: "const isStable = descriptor?.get === undefined || descriptor.get === STACK_GETTER;",
      becomes: [
        "const isStable = descriptor.get === undefined || descriptor.get === STACK_GETTER;",
      ],
      why: "An own key always has a descriptor.",
    },
    {
      line: "for (let times = 0; times < 8; times++) {",
      becomes: ["for (let times = 0; times <= 8; times++) {"],
      why: "One more layer of escapes finds no fewer secrets.",
    },
    {
      line: "plain = plain.replace(/\\\\+u([\\da-f]{4})/gi, (_, unit) =>",
      becomes: ["plain = plain.replace(/\\\\u([\\da-f]{4})/gi, (_, unit) =>"],
      why: "All backslashes are removed at the end, also those that stay before the decoded character.",
    },
  ],
  "npm/fetch/authorized-fetch.ts": [
    {
      line: "await (body.cancel ? body.cancel() : body.destroy?.());",
      becomes: ["await (body.cancel ? body.cancel() : body.destroy());"],
      why: "The call then throws, and the catch around it ignores that.",
    },
  ],
  "npm/fetch/body.ts": [
    {
      line: 'const isIterable = typeof body === "object" && body !== null && Symbol.asyncIterator in body;',
      becomes: [
        'const isIterable = typeof body === "object" && true && Symbol.asyncIterator in body;',
      ],
      why: "A body that is `null` is `undefined` here: see `draftWith` in `npm/fetch/request.ts`.",
    },
    {
      line: "} catch {",
      becomes: ["} catch {} …", "} catch {} …"],
      why: "Without the return the result is `undefined`, which is the same to every caller.",
    },
  ],
  "npm/fetch/request.ts": [
    {
      line: "} catch {",
      becomes: ["} catch {} …"],
      why: "Without the return the result is `undefined`, which is the same to every caller.",
    },
  ],
  "npm/fetch/runtime-guards.ts": [
    {
      line: 'const [major = 0, minor = 0] = (process?.versions?.undici ?? "").split(".").map(Number);',
      becomes: [
        'const [major = 0, minor = 0] = (process?.versions?.undici ?? "Stryker was here!").split(".").map(Number);',
      ],
      why: "A version that is no number is none of those versions, as 0 is.",
    },
  ],
  "npm/fetch/time-out.ts": [
    {
      line: "onAbort(signal, () => controller.deref()?.abort(signal?.reason));",
      becomes: ["onAbort(signal, () => controller.deref().abort(signal?.reason));"],
      why: "Only the time between a collection and the call of the registry shows the difference, and no test can choose it.",
    },
    {
      line: "onAbort(signal, () => controller.deref()?.abort(signal?.reason));",
      becomes: ["onAbort(signal, () => controller.deref()?.abort(signal.reason));"],
      why: "Without a signal the listener is never called.",
    },
    {
      line: "controllersInUse.set(answer, controller);",
      becomes: [";"],
      why: "In Node an answer keeps its body alive, and the entry of the body is enough. Another engine may make the object of the body anew.",
    },
    {
      line: "followRegistry?.register(controller, stopFollowing);",
      becomes: ["followRegistry.register(controller, stopFollowing);"],
      why: "Every runtime of the tests has a `FinalizationRegistry`, except Workers with an old compatibility date: `tests/matrix/portable.test.ts`.",
    },
  ],
  "npm/options.ts": [
    {
      line: 'const words = typeof authorization === "string" ? authorization.split(" ") : [];',
      becomes: [
        'const words = typeof authorization === "string" ? authorization.split(" ") : ["Stryker was here"];',
      ],
      why: "No cause has the text that the mutant takes for a secret.",
    },
    {
      line: 'const query = typeof tokenUrl === "string" ? new URL(tokenUrl).search : "";',
      becomes: [
        'const query = typeof tokenUrl === "string" ? new URL(tokenUrl).search : "Stryker was here!";',
      ],
      why: "No cause has the text that the mutant takes for a secret.",
    },
  ],
  "npm/stores/seal.ts": [
    {
      line: 'if (typeof sealed !== "string" || sealed.length > MAX_SEALED) {',
      becomes: ["if (false || sealed.length > MAX_SEALED) {"],
      why: "The comparison with the text that was written refuses every other type.",
    },
    {
      line: "} catch {",
      becomes: ["} catch {} …"],
      why: "Without the return the result is `undefined`, which is the same to every caller.",
    },
  ],
  "npm/timers.ts": [
    {
      line: "if (this.#current === timer) {",
      becomes: ["if (this.#current === timer) {} …"],
      why: "A waiter releases its timer after an `await`, when the turn is over. The check is for a caller that would release at once.",
    },
    {
      line: 'throw plainError("P4P_INVALID_OPTIONS", message, safeCause(thrown, []));',
      becomes: [
        'throw plainError("P4P_INVALID_OPTIONS", message, safeCause(thrown, ["Stryker was here"]));',
      ],
      why: "The call knows no secret, and no cause has the text that the mutant takes for one.",
    },
  ],
  "npm/token.ts": [
    {
      line: 'if (typeof value !== "number" || !Number.isFinite(value)) {',
      becomes: ["if (false || !Number.isFinite(value)) {"],
      why: "`Number.isFinite` is false for every value that is no number. The check is for the compiler.",
    },
    {
      line: 'if (typeof next === "object" && next !== null) {',
      becomes: ["if (true && next !== null) {"],
      why: "The list has only objects and `null`.",
    },
    {
      line: 'if (typeof member === "object") {',
      becomes: ["if (true) {"],
      why: "The loop skips every other value. The check only keeps the list short.",
    },
  ],
};
