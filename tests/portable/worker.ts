// Runs the portable suite inside a request to a Worker.
import * as lib from "pay4power-auth";
import { serve } from "./serve.ts";

export default serve(lib);
