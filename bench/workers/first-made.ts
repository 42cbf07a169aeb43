import { createClient } from "pay4power-auth";
import { KEYS } from "../peers/hand-written-exchange.ts";

export default {
  fetch() {
    createClient(KEYS);
    return new Response("ok");
  },
};
