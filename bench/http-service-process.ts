// The process that fork-http-service.ts starts. It sends its addresses to its parent, and ends with it.
import { startHttpService } from "./http-service.ts";

const { env } = await startHttpService();
process.send?.(env);
process.on("disconnect", () => process.exit());
