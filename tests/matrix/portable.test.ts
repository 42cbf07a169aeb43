// The portable suite on everything that it can be loaded in.
import { runsPortableSuite } from "../support/portable.ts";
import { next } from "./next.ts";
import { pages } from "./pages.ts";
import { servers } from "./servers.ts";
import { workers } from "./workers.ts";

runsPortableSuite([...servers, ...workers, ...pages, ...next]);
