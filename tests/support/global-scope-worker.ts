// A Worker that asks for tokens before there is any request, where the platform lets nobody wait.
import { type AuthError, authenticate, type ClientOptions, createClient } from "pay4power-auth";

const options: ClientOptions = {
  publicKey: "PUB_KEY_sandbox-early",
  privateKey: "PRIV_KEY_sandbox-early",
  tokenUrl: "http://127.0.0.1:9/early", // where nobody listens
};
const early = createClient(options);
const baseUrl = "http://127.0.0.1:9/api";
const timed = createClient({ ...options, baseUrl, requestTimeoutMs: 1_000 });
const { publicKey, privateKey, ...others } = options;
const asking = createClient({ ...others, credentials: () => ({ publicKey, privateKey }) });
const reason = ({ code, message, cause }: AuthError) => ({ code, message, cause: String(cause) });
const rejections = Promise.all([
  early.getToken().then(() => undefined, reason),
  authenticate(options).then(() => undefined, reason),
  timed.fetch("/early").then(() => undefined, reason),
  asking.getToken().then(() => undefined, reason),
]);

export default {
  async fetch(_: Request, env: { readonly TOKEN_URL: string }): Promise<Response> {
    const ended = await rejections;
    const late = createClient({ ...options, tokenUrl: env.TOKEN_URL });
    const { value } = await late.getToken();
    return Response.json({ ended, hasToken: value !== "" });
  },
};
