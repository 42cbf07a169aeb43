// Compiled in a consumer, never run: what works where the language level has `using`.
import { createClient } from "pay4power-auth";

export async function use(): Promise<void> {
  using client = createClient({ publicKey: "a", privateKey: "b" });
  await client.getToken();
}
