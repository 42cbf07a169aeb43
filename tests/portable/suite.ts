// The one suite that every runtime runs, from the packed tarball, over real sockets.
import { clientCases } from "./client.ts";
import { exchangeCases } from "./exchange.ts";
import { fetchCases } from "./fetch.ts";
import type { Case } from "./harness.ts";

export const cases: readonly Case[] = [...exchangeCases, ...clientCases, ...fetchCases];
