// The sealed format of a store, written a second time with Node's own crypto, from its description
// in SECURITY.md alone: what the package seals must open here, and the other way round.
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";

export interface Identity {
  readonly tokenUrl: string;
  readonly environment: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

const VERSION = Buffer.of(1);

export function derive({ tokenUrl, environment, publicKey, privateKey }: Identity) {
  const hkdf = (secret: string | Buffer, info: string, length: number) =>
    Buffer.from(hkdfSync("sha256", secret, "", info, length));
  const key = hkdf(privateKey, "pay4power-auth/v1", 32);
  const id = hkdf(key, "pay4power-auth/v1 id", 16).toString("hex");
  const name = createHash("sha256")
    .update(JSON.stringify([tokenUrl, environment, publicKey, id]))
    .digest("hex");
  return { key, name };
}

export function seal(identity: Identity, nonce: Buffer, text: string | Buffer): string {
  const { key, name } = derive(identity);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(
    Buffer.concat([VERSION, Buffer.from(name)]),
  );
  const sealed = Buffer.concat([cipher.update(Buffer.from(text)), cipher.final()]);
  return Buffer.concat([VERSION, nonce, sealed, cipher.getAuthTag()]).toString("base64");
}

export function open(identity: Identity, value: string): string {
  const { key, name } = derive(identity);
  const bytes = Buffer.from(value, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(1, 13))
    .setAAD(Buffer.concat([bytes.subarray(0, 1), Buffer.from(name)]))
    .setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(13, -16)), decipher.final()]).toString();
}
