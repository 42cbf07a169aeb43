// Vite's development server, rendering on the server: VITE FOLDER JSON, with the modules and Vite's settings.
// Prints what each module of the folder exports as `seen`, loaded in both of Vite's ways.
import process from "node:process";

const [vite = "", root = "", given = "{}"] = process.argv.slice(2);
const { createServer, createServerModuleRunner } = await import(vite);
const { modules, settings } = JSON.parse(given) as { modules: string[]; settings: object };
const server = await createServer({
  ...settings,
  root,
  configFile: false,
  logLevel: "silent",
  appType: "custom",
  server: { middlewareMode: true, watch: null, ws: false },
});
const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
type Load = (path: string) => Promise<Record<string, unknown>>;
const ways: Record<string, Load> = {
  ssrLoadModule: (path) => server.ssrLoadModule(path),
  runner: (path) => runner.import(path),
};
const seen: Record<string, unknown> = {};
for (const path of modules) {
  for (const [way, load] of Object.entries(ways)) {
    const name = `${path}, ${way}`;
    seen[name] = await load(path).then(
      (module) => module["seen"],
      (error: Error) => error.message,
    );
  }
}
await runner.close();
await server.close();
process.stdout.write(JSON.stringify(seen));
