// Compiled in a consumer, never run: what works with the types of a platform.
import { client } from "./plain.js";

export async function use(signal: AbortSignal): Promise<Response> {
  await client.getToken({ signal });
  const request = new Request("https://pay4power.example/services");
  await client.fetch(request);
  await client.fetch(new URL("https://pay4power.example/services"), { method: "POST", signal });
  const fetcher: typeof fetch = client.fetch;
  return fetcher("/services", { headers: { accept: "application/json" } });
}

// @ts-expect-error a method is text
client.fetch("/services", { method: 1 });
