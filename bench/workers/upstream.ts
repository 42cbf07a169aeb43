// The service, in a process of its own: what asks it under load shares no event loop with it.
import { startService } from "../service.ts";

const { env } = await startService();
process.send?.(env);
process.on("disconnect", () => process.exit());
