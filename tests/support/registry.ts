// An npm registry that has the packed package, as if it were published. For all others it sends npm to the
// registry that npm uses on this machine.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { runOrThrow } from "../../scripts/command.ts";
import { type LocalServer, listen } from "../../scripts/local-server.ts";

export async function startRegistry(tarball: string): Promise<LocalServer> {
  const packed = readFileSync(tarball);
  const manifest = JSON.parse(runOrThrow("tar", ["-xOzf", tarball, "package/package.json"])) as {
    name: string;
    version: string;
  };
  const { name, version } = manifest;
  const file = `/${name}/-/${name}-${version}.tgz`;
  const others = runOrThrow("npm", ["config", "get", "registry"]).trim();
  const server = createServer(({ url = "" }, response) => {
    if (url === file) {
      response.end(packed);
    } else if (url === `/${name}`) {
      const integrity = `sha512-${createHash("sha512").update(packed).digest("base64")}`;
      const dist = { tarball: registry.origin + file, integrity };
      const versions = { [version]: { ...manifest, dist } };
      response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions }));
    } else {
      response.writeHead(307, { Location: new URL(`.${url}`, others).href }).end();
    }
  });
  const registry = await listen(server);
  return registry;
}
