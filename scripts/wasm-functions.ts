// Reads the functions of a Wasm module: their names, their sizes, and the crates that they come from.

/** Returns the functions of a Wasm module, each with its name and the size of its code in bytes. */
export function functionSizes(wasm: Uint8Array): [name: string, size: number][] {
  let at = 8; // after the magic number and the version
  const byte = () => wasm[at++] ?? 0;
  const number = (): number => {
    const low = byte();
    return low < 128 ? low : low - 128 + 128 * number();
  };
  const text = () => {
    const length = number();
    at += length;
    return Buffer.from(wasm.subarray(at - length, at)).toString();
  };
  let imported = 0;
  const lengths: number[] = [];
  const names = new Map<number, string>();
  while (at < wasm.length) {
    const [id, length] = [byte(), number()];
    const end = at + length;
    if (id === 2) {
      // wasm-bindgen imports only functions, each with two names, a kind and a type.
      imported = number();
    } else if (id === 10) {
      for (let count = number(); count > 0; count--) {
        const size = number();
        lengths.push(size);
        at += size;
      }
    } else if (id === 0 && text() === "name") {
      while (at < end) {
        const [part, size] = [byte(), number()];
        const next = at + size;
        for (let count = part === 1 ? number() : 0; count > 0; count--) {
          names.set(number(), text());
        }
        at = next;
      }
    }
    at = end;
  }
  return lengths.map((size, index) => {
    const name = names.get(imported + index) ?? `function ${index}`;
    return [name.replaceAll(/\[[0-9a-f]{16}\]|::h[0-9a-f]{16}$/g, ""), size];
  });
}

/** Returns the crate of a function, by its mangled or demangled name. The exports of wasm-bindgen count as ours. */
export function crateOf(name: string): string {
  const path = /^[<&(]*(?:dyn |mut )?(\w+)::/.exec(name)?.[1];
  const generic = /^[<&(]*(?:alloc|core|std)::\S*?<[<&(]*(?:dyn |mut )?(\w+)::/.exec(name)?.[1];
  return generic ?? path ?? (name.startsWith("_") ? "(runtime)" : "pay4power_auth");
}
