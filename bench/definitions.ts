// The measures: for each its method, its columns, and the targets of this package.
import { CONSTANT_HEADER, HAND_WRITTEN, OURS } from "./peer-notes.ts";
import type { Sample } from "./statistics.ts";

export type Unit = "ns" | "ms" | "µs" | "bytes" | "KiB" | "%" | "count" | "requests/s";

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
}

/** A limit for the median over all rounds. */
export interface Target {
  readonly label: string;
  /** Reads the value of one round, so that a ratio is of two numbers of the same round. */
  readonly read: (sample: Sample) => number;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Measure {
  /** The name for `--only`, and of the file in bench/measures/. */
  readonly id: string;
  readonly title: string;
  readonly method: string;
  readonly columns: readonly Column[];
  readonly targets: readonly Target[];
  /** The column of the chart. */
  readonly chart?: string;
  /** The number of processes, one after the other. A measure without processes is run by cargo. */
  readonly processes?: { readonly full: number; readonly quick: number };
}

const cell = (sample: Sample, row: string, column: string): number =>
  sample[row]?.[column] ?? Number.NaN;

/** The ratio of one row to another. */
const ratio =
  (column: string, to: string, of = OURS) =>
  (sample: Sample): number =>
    cell(sample, of, column) / cell(sample, to, column);

const ours =
  (column: string) =>
  (sample: Sample): number =>
    cell(sample, OURS, column);

const exactly = (label: string, column: string, value: number): Target => ({
  label,
  read: ours(column),
  atMost: value,
  atLeast: value,
});

export const MEASURES: readonly Measure[] = [
  {
    id: "tokens",
    title: "Cached token",
    method: "`await getToken()`, in process. No implementation can be below `Promise.resolve`.",
    columns: [
      { id: "ns", title: "a call", unit: "ns" },
      { id: "bytes", title: "allocated", unit: "bytes" },
    ],
    targets: [
      { label: "time, ratio to @smithy/core", read: ratio("ns", "@smithy/core"), atMost: 1 },
      { label: "bytes", read: ours("bytes"), atMost: 264 },
    ],
    chart: "ns",
    processes: { full: 9, quick: 2 },
  },
  {
    id: "fetch",
    title: "Added cost of a request",
    method:
      "A request with the token through a fetch that answers at once, minus that fetch alone.",
    columns: [
      { id: "same", title: "same path", unit: "ns" },
      { id: "other", title: "another query each time", unit: "ns" },
      { id: "bytes", title: "allocated", unit: "bytes" },
    ],
    targets: [
      {
        label: "same path, ratio to @azure/core-rest-pipeline",
        read: ratio("same", "@azure/core-rest-pipeline"),
        atMost: 0.6,
      },
      {
        label: "another query, ratio to @azure/core-rest-pipeline",
        read: ratio("other", "@azure/core-rest-pipeline"),
        atMost: 0.75,
      },
    ],
    chart: "same",
    processes: { full: 9, quick: 2 },
  },
  {
    id: "claims",
    title: "Decoding claims",
    method: "The claims of the contract's example, a token of 649 characters. Nothing is verified.",
    columns: [
      { id: "ns", title: "a token", unit: "ns" },
      { id: "bytes", title: "allocated", unit: "bytes" },
    ],
    targets: [{ label: "time, ratio to jose", read: ratio("ns", "jose"), atMost: 1 }],
    chart: "ns",
    processes: { full: 9, quick: 2 },
  },
  {
    id: "exchange",
    title: "Exchange",
    method:
      "Keys for a token, one exchange after the other: with a fetch that answers at once, and over a connection that is kept open to a service on the same machine. The others exchange OAuth's client credentials.",
    columns: [
      { id: "inProcess", title: "in process", unit: "µs" },
      { id: "overSockets", title: "over sockets", unit: "µs" },
      { id: "bytes", title: "allocated, in process", unit: "bytes" },
    ],
    targets: [],
    chart: "overSockets",
    processes: { full: 5, quick: 1 },
  },
  {
    id: "callers",
    title: "10,000 callers at once",
    method:
      "All of them ask at once: when there is no token yet, and when the token has expired. Before each crowd, garbage is collected and a few callers ask another client, because a collection makes code cold. A round is the median of five crowds, or one crowd where each caller makes an exchange.",
    columns: [
      { id: "absentExchanges", title: "no token: exchanges", unit: "count" },
      { id: "absentMs", title: "time until all have it", unit: "ms" },
      { id: "expiredExchanges", title: "expired: exchanges", unit: "count" },
      { id: "expiredMs", title: "time until all have it", unit: "ms" },
    ],
    targets: [
      exactly("no token: exchanges", "absentExchanges", 1),
      exactly("expired: exchanges", "expiredExchanges", 1),
      {
        label: "no token: time, ratio to hand-written",
        read: ratio("absentMs", HAND_WRITTEN),
        atMost: 1.2,
      },
      {
        label: "expired: time, ratio to hand-written",
        read: ratio("expiredMs", HAND_WRITTEN),
        atMost: 1.2,
      },
    ],
    chart: "absentMs",
    processes: { full: 7, quick: 1 },
  },
  {
    id: "rejected",
    title: "1,000 requests with a revoked token",
    method:
      "All are sent at once, and each is answered with 401 until it comes with a new token. A round is the median of five times. This package also ends the body of each 401, which frees its connection. Hand-written leaves that to the garbage collector: about half of the difference in time is this.",
    columns: [
      { id: "exchanges", title: "exchanges", unit: "count" },
      { id: "requests", title: "requests sent", unit: "count" },
      { id: "succeeded", title: "succeeded", unit: "count" },
      { id: "ms", title: "until all are answered", unit: "ms" },
    ],
    targets: [
      exactly("exchanges", "exchanges", 1),
      exactly("requests sent", "requests", 2_000),
      exactly("succeeded", "succeeded", 1_000),
      { label: "time, ratio to hand-written", read: ratio("ms", HAND_WRITTEN), atMost: 1.2 },
    ],
    processes: { full: 7, quick: 1 },
  },
  {
    id: "steady",
    title: "Steady calls over many tokens",
    method:
      "2,000 calls a second for 20 seconds (7 with `--quick`). A token lives for 3 seconds and an exchange takes 300 ms. A call is stalled when it has no token after one turn of the event loop.",
    columns: [
      { id: "stalled", title: "stalled", unit: "%" },
      { id: "expired", title: "expired tokens handed out", unit: "count" },
      { id: "exchanges", title: "exchanges", unit: "count" },
    ],
    targets: [
      exactly("stalled", "stalled", 0),
      exactly("expired tokens", "expired", 0),
      { label: "exchanges", read: ours("exchanges"), atMost: 12 },
    ],
    chart: "stalled",
    processes: { full: 1, quick: 1 },
  },
  {
    id: "cold",
    title: "Cold start of a Worker",
    method:
      "From the start of a workerd process to the end of its first response, over sockets. A token comes from a service on the same machine. MSAL needs the flag `nodejs_compat`; the others run without.",
    columns: [
      { id: "ms", title: "until the first response", unit: "ms" },
      { id: "added", title: "over no auth", unit: "ms" },
      { id: "size", title: "size, minified", unit: "KiB" },
    ],
    targets: [
      {
        label: "first token, ratio to hand-written",
        read: ratio("ms", "first token: hand-written", "first token: pay4power-auth"),
        atMost: 2,
      },
    ],
    chart: "ms",
    processes: { full: 1, quick: 1 },
  },
  {
    id: "load",
    title: "Requests through a Worker",
    method:
      "50 connections that stay open, on a Worker in workerd that asks a service for each request, with the token at hand. Slices of 1,000 requests in changing order. The constant header is the first token, sent for ever: the header itself is most of the difference to no auth, because workerd writes it and the service reads it.",
    columns: [
      { id: "rate", title: "rate", unit: "requests/s" },
      { id: "p99", title: "p99", unit: "ms" },
    ],
    targets: [
      { label: "rate, ratio to no auth", read: ratio("rate", "no auth"), atLeast: 0.97 },
      {
        label: "rate, ratio to a constant header",
        read: ratio("rate", CONSTANT_HEADER),
        atLeast: 0.97,
      },
    ],
    processes: { full: 1, quick: 1 },
  },
  {
    id: "memory",
    title: "Memory and scale",
    method:
      "What is in use after a garbage collection. Growth is counted after a warm-up of 10,000 refreshes. The time of a client is that of its making and its first exchange.",
    columns: [
      { id: "heap", title: "heap", unit: "bytes" },
      { id: "wasm", title: "Wasm memory", unit: "bytes" },
      { id: "us", title: "time for each", unit: "µs" },
    ],
    targets: [
      {
        label: "10,000 refreshes: growth of Wasm memory",
        read: (sample) => cell(sample, "10,000 refreshes: growth", "wasm"),
        atMost: 0,
      },
      {
        // No object is smaller.
        label: "10,000 refreshes: growth of the heap, bytes a refresh",
        read: (sample) => cell(sample, "10,000 refreshes: growth", "heap") / 10_000,
        atMost: 16,
      },
      {
        label: "1,000,000 hits: growth of the heap, bytes",
        read: (sample) => cell(sample, "1,000,000 hits: growth", "heap"),
        atMost: 65_536,
      },
      {
        label: "time for each of 100,000 callers, ratio to 1,000",
        read: ratio("us", "1,000 callers: each", "100,000 callers: each"),
        atMost: 1,
      },
    ],
    processes: { full: 3, quick: 1 },
  },
  {
    id: "core",
    title: "The core in Rust",
    method:
      "On the host, without Wasm and JavaScript, with divan: `cargo bench` in `bench/core`. JSON is serde_json's here; in Wasm it is an object that JavaScript has parsed.",
    columns: [{ id: "ns", title: "a step", unit: "ns" }],
    targets: [],
  },
];

export const IDS: readonly string[] = MEASURES.map(({ id }) => id);
