import { startService } from "./service.ts";

const { env } = await startService();
process.send?.(env);
process.on("disconnect", () => process.exit());
