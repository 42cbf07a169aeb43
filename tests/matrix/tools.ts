// The runtimes and bundlers of this folder's own package.json, and of folders below, which set-up installs.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../scripts/command.ts";
import { makeConsumer } from "../../scripts/consumer.ts";
import { root } from "../../scripts/project.mjs";
import type { Module } from "../../scripts/workerd.ts";
import type { Places, Report } from "../portable/harness.ts";

/** How base64 of any Wasm begins. */
export const INLINE = /AGFzbQ/;

const folder = join(root, "tests", "matrix");
export const NEXT_16 = folder;
/** It wants an older React. */
export const NEXT_14 = join(folder, "next-14");

/** The version of a package, when it is installed. */
export function versionOf(name: string, from = folder): string | undefined {
  const manifest = join(from, "node_modules", name, "package.json");
  return existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version
    : undefined;
}

/** What a runtime is called that a package brings, and the package if it is missing. */
export function named(name: string, how = "", from = folder) {
  const version = versionOf(name, from);
  const about = [`${name} ${version ?? ""}`.trim(), how].filter((part) => part !== "").join(", ");
  return version === undefined ? { name: about, missing: name } : { name: about };
}

export function commandOf(name: string, from = folder): string {
  return join(from, "node_modules", ".bin", name);
}

/** A file of an installed package. */
export function fileOf(...path: readonly string[]): string {
  return join(folder, "node_modules", ...path);
}

/** Tools that send home what they did are told not to. */
export const ENV = { NO_COLOR: "1", NEXT_TELEMETRY_DISABLED: "1", WRANGLER_SEND_METRICS: "false" };

/** A project that has the tarball installed, in reach of nothing else but these tools. */
export function consumer(
  name: string,
  tarball: string,
  files: Record<string, string> = {},
  from = folder,
): string {
  return makeConsumer(join(from, "target", name.replaceAll(/\W+/g, "-")), tarball, files);
}

/** Runs one of the tools in a project, as its developer would. */
export function must(cwd: string, tool: string, ...args: readonly string[]): string {
  const { ok, output } = run(commandOf(tool), args, { cwd, env: ENV });
  if (!ok) {
    throw new Error(`${[tool, ...args].join(" ")} failed:\n${output}`);
  }
  return output;
}

/** What wrangler brings to Cloudflare: the Worker's module `main`, and its Wasm. */
export function deployed(folder: string, main: string): Module[] {
  const wasm = readdirSync(folder).filter((file) => file.endsWith(".wasm"));
  const read = (path: string) => ({ path, contents: readFileSync(join(folder, path)) });
  return [
    { type: "ESModule", ...read(main) },
    ...wasm.map((path) => ({ type: "CompiledWasm" as const, ...read(path) })),
  ];
}

/** Fails unless a build has the Wasm once: as a file of its own, or as text within its JavaScript. */
export function assertOneCore(built: string, how: "apart" | "inside"): void {
  const files = readdirSync(built, { recursive: true, encoding: "utf8" });
  const apart = files.filter((file) => file.endsWith(".wasm"));
  const inside = files.filter(
    (file) => file.endsWith(".js") && INLINE.test(readFileSync(join(built, file), "utf8")),
  );
  const [wanted, other] = how === "apart" ? [apart, inside] : [inside, apart];
  assert.ok(wanted.length === 1 && other.length === 0, `${built}: ${[...apart, ...inside].join()}`);
}

/** Waits until a server answers that was started. */
export async function answers(origin: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const isThere = await fetch(origin).then(
      () => true,
      () => false,
    );
    if (isThere) {
      return;
    }
    await sleep(100);
  }
  throw new Error(`nothing answered at ${origin}`);
}

/** Has a server run the suite. */
export async function ask(url: URL, places: Places): Promise<Report> {
  const body = JSON.stringify(places);
  const signal = AbortSignal.timeout(150_000);
  const response = await fetch(url, { method: "POST", body, signal });
  const answer = await response.text();
  if (!response.ok) {
    throw new Error(answer);
  }
  return JSON.parse(answer) as Report;
}
