// The same where a Wasm module is imported under a name of its own kind.

import core from "pay4power-auth/core.wasm?module";
import * as lib from "pay4power-auth/slim";
import { serve } from "./serve.ts";

lib.install(core);

export default serve(lib);
