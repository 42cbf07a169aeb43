// A Worker whose requests begin an exchange, and return before that ends.
import { authenticate } from "pay4power-auth";
import { instances } from "./instances.ts";

interface Env {
  readonly TOKEN_URL: string;
  readonly SILENT_URL: string;
}

const keys = { publicKey: "PUB_KEY_sandbox", privateKey: "PRIV_KEY_sandbox" };
const soonOver = { timeoutMs: 100, deadlineMs: 100, retries: 0 };
const never = () => new Promise<Response>(() => {});
let left = 0;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (new URL(request.url).pathname === "/leave") {
      left += 1;
      // Every tenth asks a service that does not answer, and has the platform end that.
      const fetch = left % 10 === 0 ? {} : { fetch: never };
      const options = { ...keys, ...soonOver, ...fetch, tokenUrl: env.SILENT_URL };
      void authenticate(options).catch(() => {});
    } else {
      await authenticate({ ...keys, tokenUrl: env.TOKEN_URL });
    }
    return Response.json({ left, ...instances() });
  },
};
