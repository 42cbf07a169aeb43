// Errors that carry a secret, in the most various ways.

/** Errors that carry a text in the most various ways. */
export const carriers: Record<string, (secret: string) => unknown> = {
  "a text": (secret) => `sent ${secret}`,
  "a message": (secret) => new Error(`sent ${secret}`),
  "a member": (secret) => Object.assign(new Error("sent"), { request: secret }),
  "a member's name": (secret) => Object.assign(new Error("sent"), { [secret]: 1 }),
  "a hidden member": (secret) =>
    Object.defineProperty(new Error("sent"), "request", { value: secret }),
  "a nested member": (secret) => Object.assign(new Error("sent"), { request: { body: [secret] } }),
  "a member under a symbol": (secret) =>
    Object.assign(new Error("sent"), { [Symbol("x")]: secret }),
  "a symbol": (secret) => Object.assign(new Error("sent"), { x: Symbol(secret) }),
  "a symbol for a name": (secret) => Object.assign(new Error("sent"), { [Symbol(secret)]: 1 }),
  "a function with members": (secret) =>
    Object.assign(new Error("sent"), { request: Object.assign(() => {}, { body: secret }) }),
  "a function": (secret) => Object.assign(() => {}, { secret }),
  "a class with a toJSON": (secret) =>
    new (class extends Error {
      toJSON() {
        return secret;
      }
    })("sent"),
  "a toJSON of its own": (secret) => Object.assign(new Error("sent"), { toJSON: () => secret }),
  "a toString of its own": (secret) => Object.assign(new Error("sent"), { toString: () => secret }),
  "an inspector of its own": (secret) =>
    Object.assign(new Error("sent"), {
      [Symbol.for("nodejs.util.inspect.custom")]: () => secret,
      [Symbol.for("Deno.customInspect")]: () => secret,
    }),
  "a class with a private field and a getter": (secret) =>
    new (class extends TypeError {
      readonly #request = secret;
      get request() {
        return this.#request;
      }
    })("sent"),
  "a getter that answers something else each time": (secret) => {
    let reads = 0;
    return Object.defineProperty(new Error("sent"), "code", {
      enumerable: true,
      get: () => (reads++ % 2 === 0 ? "ECONNRESET" : secret),
    });
  },
  "a stack that answers something else each time": (secret) => {
    let reads = 0;
    return Object.defineProperty(new Error("sent"), "stack", {
      get: () => (reads++ % 2 === 0 ? "Error: sent" : secret),
    });
  },
  "a cause": (secret) => new TypeError("fetch failed", { cause: new Error(secret) }),
  "a cause of a cause": (secret) =>
    new Error("a", { cause: new Error("b", { cause: new Error("c", { cause: { secret } }) }) }),
  "many errors": (secret) => new AggregateError([new Error("a"), new Error(secret)], "sent"),
  "a DOMException": (secret) => new DOMException(secret, "AbortError"),
  "the name of a DOMException": (secret) => new DOMException("a", secret),
  "a text that JSON has escaped": (secret) => new Error(`sent ${JSON.stringify({ secret })}`),
  "a text that JSON has escaped twice": (secret) =>
    Object.assign(new Error("sent"), { body: JSON.stringify(JSON.stringify({ secret })) }),
  "a text that JSON has escaped in another way": (secret) =>
    new Error(secret.replaceAll(/[^a-z]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)),
  "a proxy that says that it is an error": (secret) =>
    new Proxy(Object.assign(new Error(secret), { [Symbol.toStringTag]: "Error" }), {
      ...answering(new Error("sent")),
      get: (_, name) =>
        name === Symbol.toStringTag ? "Error" : Reflect.get(new Error("sent"), name),
    }),
  "a proxy of an error": (secret) => new Proxy(new Error(secret), answering(new Error("sent"))),
  "a proxy of a DOMException": (secret) =>
    new Proxy(new DOMException(secret), answering(new DOMException("sent"))),
  Headers: (secret) =>
    Object.assign(new Error("sent"), { headers: new Headers({ authorization: secret }) }),
  "a Map": (secret) => Object.assign(new Error("sent"), { request: new Map([[secret, secret]]) }),
  "bytes of text": (secret) =>
    Object.assign(new Error("sent"), { request: new String(secret) as unknown }),
  "an object with a code": (secret) => ({ name: "TypeError", code: secret }),
  "an object that inherits": (secret) => Object.create({ message: secret }),
  "more causes than anybody reads": (secret) => {
    let cause: unknown = secret;
    for (let depth = 0; depth < 2_000; depth++) {
      cause = new Error("a", { cause });
    }
    return cause;
  },
};

/** The traps of a proxy that answers like another object. */
const answering = <Target extends object>(other: Target): ProxyHandler<Target> => ({
  get: (_, name) => Reflect.get(other, name),
  getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(other, name),
  ownKeys: () => Reflect.ownKeys(other),
});
