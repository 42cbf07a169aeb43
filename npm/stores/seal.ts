// Seals the texts that a store keeps.
//
// A reader of the store learns nothing from a sealed text. A text that was changed, or sealed with another key, does
// not open.
//
// A sealed text is the base64 of three parts: one byte with the version, 1; a nonce of 12 random bytes; the ciphertext
// of AES-256-GCM, with its tag of 16 bytes. The version and the store key of the text are authenticated too.
import { hex, sha256, utf8 } from "../sha256.js";

const VERSION = 1;
const NONCE_BYTES = 12;
const INFO = "pay4power-auth/v1";
/** The longest text that `openText` accepts. This package seals no longer one: a token has at most 16 KiB. */
const MAX_SEALED = 64 * 1024;

/** The owner of a token. The store key of a token depends on every member. */
export interface Identity {
  readonly tokenUrl: string;
  readonly environment: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

/** Both keys that are derived from an identity. Plain values, so that requests on Workers may share them. */
export interface Seal {
  /** The key of the sealed text in the store. No secret. */
  readonly storeKey: string;
  /** Encrypts the text, and decrypts it. */
  readonly sealingKey: CryptoKey;
}

export async function deriveSeal(identity: Identity): Promise<Seal> {
  const { tokenUrl, environment, publicKey, privateKey } = identity;
  const secret = await hkdf(utf8(privateKey), INFO, 256);
  // An id of the private key. After a rotation of the key, the store is not even asked for the old text.
  const id = hex(await hkdf(secret, `${INFO} id`, 128));
  const sealingKey = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  secret.fill(0);
  const storeKey = await sha256(JSON.stringify([tokenUrl, environment, publicKey, id]));
  return { storeKey, sealingKey };
}

export async function sealText({ storeKey, sealingKey }: Seal, text: string): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt(parameters(nonce, storeKey), sealingKey, utf8(text)),
  );
  return base64(Uint8Array.of(VERSION, ...nonce, ...sealed));
}

/** Opens a sealed text. Returns `undefined` if the text does not open, for any reason. */
export async function openText(
  { storeKey, sealingKey }: Seal,
  sealed: unknown,
): Promise<string | undefined> {
  try {
    if (typeof sealed !== "string" || sealed.length > MAX_SEALED) {
      return undefined;
    }
    const bytes = Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0));
    // Accepts only the exact text that was written: base64 has more than one spelling of the same bytes.
    if (bytes[0] !== VERSION || base64(bytes) !== sealed) {
      return undefined;
    }
    const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
    const text = await crypto.subtle.decrypt(
      parameters(nonce, storeKey),
      sealingKey,
      bytes.subarray(1 + NONCE_BYTES),
    );
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch {
    return undefined;
  }
}

function parameters(nonce: Uint8Array<ArrayBuffer>, storeKey: string): AesGcmParams {
  return {
    name: "AES-GCM",
    iv: nonce,
    additionalData: Uint8Array.of(VERSION, ...utf8(storeKey)),
    tagLength: 128,
  };
}

/** Derives a key by RFC 5869. It needs no salt, because its input is a random key already. */
async function hkdf(
  secret: Uint8Array<ArrayBuffer>,
  info: string,
  bits: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, bits));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
