// The calls into the core, as a test sees them.

/** Makes a class of instances that tells `enter` each call into the core, by its name. If `enter` throws, the core traps. */
export function tellingInstances(enter: (name: string) => void): typeof WebAssembly.Instance {
  return class extends WebAssembly.Instance {
    override get exports() {
      const told = Object.entries(super.exports).map(([name, value]) => {
        const call = (...given: unknown[]): unknown => {
          enter(name);
          return (value as (...given: unknown[]) => unknown)(...given);
        };
        return [name, typeof value === "function" ? call : value] as const;
      });
      return Object.fromEntries(told);
    }
  };
}
