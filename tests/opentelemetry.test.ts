// docs/opentelemetry.md, with the real SDK.
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  type Attributes,
  context,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type * as Library from "pay4power-auth";
import type { Client, ClientEvent } from "pay4power-auth";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS, TOKEN_PATHS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { exampleWith } from "./support/examples.ts";
import { assertNoSecret } from "./support/leaks.ts";

const DOCUMENT = "docs/opentelemetry.md";
const module = exampleWith(DOCUMENT, "export function telemetry");

interface Recipe {
  telemetry(): (event: ClientEvent) => void;
  observeState(client: Client, attributes?: Attributes): void;
}

const spans = new InMemorySpanExporter();
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const meterProvider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: metricExporter })],
});
const tracerProvider = new TracerProvider({
  spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
});

let sandbox: Sandbox;
let library: typeof Library;
let recipe: Recipe;

before(async () => {
  sandbox = await startSandbox();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(tracerProvider);
  metrics.setGlobalMeterProvider(meterProvider);
  const folder = makeConsumer(join(root, "target", "consumers", "opentelemetry"), await build());
  // The same API as this file's, where the SDK is.
  mkdirSync(join(folder, "node_modules", "@opentelemetry"));
  symlinkSync(
    join(root, "node_modules", "@opentelemetry", "api"),
    join(folder, "node_modules", "@opentelemetry", "api"),
  );
  writeFileSync(join(folder, "telemetry.ts"), module);
  recipe = (await import(pathToFileURL(join(folder, "telemetry.ts")).href)) as Recipe;
  library = createRequire(join(folder, "index.cjs"))("pay4power-auth");
});
after(async () => {
  await Promise.all([meterProvider.shutdown(), tracerProvider.shutdown(), sandbox.close()]);
});

/** Collects the metrics. Returns the data points of each metric. */
async function collect() {
  await meterProvider.forceFlush();
  const latest = metricExporter.getMetrics().at(-1);
  const all = latest?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
  return (name: string) => {
    const metric = all.find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? []).map(({ attributes, value }) => ({ attributes, value }));
  };
}

test("attempts are spans, events are counts, and no attribute holds a secret", async () => {
  const { createClient } = library;
  const parts = { ...KEYS, tokenUrl: sandbox.tokenUrl, onEvent: recipe.telemetry() };
  const client = createClient(parts);
  recipe.observeState(client);
  sandbox.control.failNext({ path: TOKEN_PATHS[0], status: 503 });
  const beganMs = Date.now();
  const token = await trace.getTracer("test").startActiveSpan("request", async (request) => {
    const got = await client.getToken();
    request.end();
    return got;
  });

  const [failed, succeeded, request] = spans.getFinishedSpans();
  assert.ok(failed && succeeded && request);
  for (const [span, attempt] of [
    [failed, 1],
    [succeeded, 2],
  ] as const) {
    assert.equal(span.name, "pay4power.exchange");
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.equal(span.parentSpanContext, undefined);
    assert.notEqual(span.spanContext().traceId, request.spanContext().traceId);
    assert.equal(span.attributes["pay4power.exchange.id"], 1);
    assert.equal(span.attributes["pay4power.attempt"], attempt);
    const startMs = span.startTime[0] * 1_000 + span.startTime[1] / 1e6;
    const endMs = span.endTime[0] * 1_000 + span.endTime[1] / 1e6;
    assert.ok(startMs >= beganMs - 2 && endMs >= startMs && endMs <= Date.now() + 2);
  }
  assert.equal(failed.status.code, SpanStatusCode.ERROR);
  assert.equal(failed.attributes["error.type"], "P4P_SERVICE_UNAVAILABLE");
  assert.equal(succeeded.status.code, SpanStatusCode.UNSET);
  assert.equal(succeeded.attributes["error.type"], undefined);
  assert.equal(succeeded.attributes["pay4power.correlation.id"], token.correlationId);

  let metric = await collect();
  const events = metric("pay4power.events").map(({ attributes, value }) => [
    attributes["pay4power.event"],
    attributes["pay4power.reason"],
    value,
  ]);
  assert.deepEqual(events, [
    ["exchange.start", "absent", 2],
    ["exchange.failure", "P4P_SERVICE_UNAVAILABLE", 1],
    ["retry", "P4P_SERVICE_UNAVAILABLE", 1],
    ["exchange.success", "absent", 1],
  ]);
  const durations = metric("pay4power.exchange.duration");
  assert.deepEqual(
    durations.map(({ attributes }) => attributes["error.type"]),
    ["P4P_SERVICE_UNAVAILABLE", undefined],
  );
  for (const { value } of durations) {
    const { count, sum } = value as { count: number; sum: number };
    assert.ok(count === 1 && sum >= 0 && sum < 10, "seconds");
  }
  const [left] = metric("pay4power.token.left");
  assert.ok(Number(left?.value) > 3_000 && Number(left?.value) <= 3_600);
  assert.equal(metric("pay4power.circuit.open")[0]?.value, 0);

  const rejected = createClient({ ...parts, privateKey: "PRIV_KEY_sandbox-wrong" });
  recipe.observeState(rejected, { merchant: "two" });
  await assert.rejects(rejected.getToken());
  metric = await collect();
  assert.ok(
    metric("pay4power.events").some(
      ({ attributes }) => attributes["pay4power.event"] === "circuit.open",
    ),
  );
  const [cooldown, ...others] = metric("pay4power.cooldown.duration");
  assert.deepEqual(cooldown?.attributes, { "error.type": "P4P_CREDENTIALS_REJECTED" });
  assert.deepEqual(others, []);
  assert.ok(cooldown);
  const { count, sum, buckets } = cooldown.value as {
    count: number;
    sum: number;
    buckets: { boundaries: number[] };
  };
  assert.ok(
    count === 1 && Math.abs(sum - 30) <= 1,
    "the first cool-down of an open circuit, in seconds",
  );
  assert.ok(buckets.boundaries.includes(50), "the alert on cool-downs needs this border");
  assert.deepEqual(metric("pay4power.circuit.open"), [
    { attributes: {}, value: 0 },
    { attributes: { merchant: "two" }, value: 1 },
  ]);

  const shown = JSON.stringify([
    spans
      .getFinishedSpans()
      .map(({ name, attributes, events, status, links }) => [
        name,
        attributes,
        events,
        status,
        links,
      ]),
    metricExporter.getMetrics(),
  ]);
  assert.ok(shown.includes(token.correlationId ?? "none"), "the attributes were searched");
  assertNoSecret(shown, [...Object.values(KEYS), "sandbox-wrong", token.value]);
  assert.ok(!shown.includes("eyJ"), "no part of a token");
});
