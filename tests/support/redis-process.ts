// A process of its own with a client whose store is a Redis: asks for a token when it is told to.
import process from "node:process";
import { createClient } from "pay4power-auth";
import { unstorageStore } from "pay4power-auth/stores";
import { createStorage } from "unstorage";
import redisDriver from "unstorage/drivers/redis";

const [url = "", tokenUrl = ""] = process.argv.slice(2);
const storage = createStorage({ driver: redisDriver({ url, base: "tokens" }) });
const events: string[] = [];
const client = createClient({
  publicKey: "PUB_KEY_sandbox",
  privateKey: "PRIV_KEY_sandbox",
  tokenUrl,
  store: unstorageStore(storage),
  onEvent: ({ type, reason }: { type: string; reason?: string }) =>
    events.push(`${type} ${reason ?? ""}`.trim()),
});
await storage.hasItem("connected"); // so that all that are told together ask together
process.once("message", async () => {
  const { value } = await client.getToken();
  await storage.dispose();
  process.send?.({ value, events });
  process.disconnect();
});
process.send?.("ready");
