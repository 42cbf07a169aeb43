// The references of payments that may have been made: one file each. Use your database instead, with a unique key.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const folder = process.env.PAYMENTS_FOLDER ?? "payments";
const fileOf = (reference: string) => join(folder, `${reference}.json`);

/** Writes the reference down. Returns `false` if it was written down before. */
export async function claim(reference: string, order: object): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  try {
    // "wx" fails if the file exists. `flush` waits for the disk.
    await writeFile(fileOf(reference), JSON.stringify(order), { flag: "wx", flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

/** Removes the reference of a payment that was not made. */
export async function release(reference: string): Promise<void> {
  await rm(fileOf(reference));
}
