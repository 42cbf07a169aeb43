// The same, in a Worker that loads the Wasm itself.

import core from "pay4power-auth/core.wasm";
import * as lib from "pay4power-auth/slim";
import { serve } from "./serve.ts";

lib.install(core);

export default serve(lib);
