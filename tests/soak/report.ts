export const textOf = (r: unknown) =>
  JSON.stringify(r, (k, v) => (k === "samples" ? v.length : v), 1);
export const writePage = async (_: unknown) => {};
