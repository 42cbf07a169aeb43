// The files of the page: which URL has which file, which modules it needs at once, and its content security policy. The
// page's server and the asset folder of the deployable Worker both take them from here.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root } from "./project.mjs";

/** The folders that a page is served from, by the beginnings of their URLs. */
export type PageFolders = Readonly<Record<string, string>>;

const PACKAGE_URL = "/pay4power-auth/";

/** Returns the folders of the page in www/. `installed` is the folder of the installed package. */
export function pageFolders(installed: string): PageFolders {
  return {
    "/": join(root, "www"),
    "/on-call/": join(root, "docs", "on-call"),
    [PACKAGE_URL]: installed,
  };
}

/** The page, ready to be served. */
export interface Page {
  /** The text of `index.html`. */
  readonly html: string;
  /** All other files that the page may load, by their URLs. */
  readonly files: ReadonlyMap<string, string>;
}

/** Reads the page in www/. Its HTML preloads every module that it imports before its first paint. */
export async function readPage(installed: string): Promise<Page> {
  const folders = pageFolders(installed);
  const html = readFileSync(join(root, "www", "index.html"), "utf8");
  const modules = await modulesOf(folders, html);
  const links = modules
    .filter(({ isNeededAtOnce }) => isNeededAtOnce)
    .map(({ url }) => `\n    <link rel="modulepreload" href="${url}" />`);
  const packed = modules.filter(({ url }) => url.startsWith(PACKAGE_URL));
  const urls = [
    ...Object.entries(folders).flatMap(([prefix, folder]) =>
      prefix === PACKAGE_URL ? [] : readdirSync(folder).map((name) => prefix + name),
    ),
    ...packed.map(({ url }) => url),
  ].filter((url) => /\.(js|css|svg)$/.test(url));
  return {
    // After the import map: some browsers ignore a map that comes after the first module.
    html: html.replace(IMPORT_MAP, (map) => map + links.join("")),
    files: new Map(urls.map((url) => [url, fileOf(folders, url)])),
  };
}

/** Returns the page's content security policy. `connect` has the other origins that the page may send requests to. */
export function policyOf(html: string, connect: readonly string[] = []): string {
  const map = IMPORT_MAP.exec(html)?.[1];
  const hash = map && createHash("sha256").update(map).digest("base64");
  return [
    "default-src 'none'",
    // Without 'wasm-unsafe-eval' no page can compile Wasm. No page can load an import map from a file.
    `script-src 'self' 'wasm-unsafe-eval'${hash ? ` 'sha256-${hash}'` : ""}`,
    ["connect-src 'self'", ...connect].join(" "),
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

const IMPORT_MAP = /<script type="importmap">([^<]*)<\/script>/;

/** Returns the file that has this URL. */
function fileOf(folders: PageFolders, url: string): string {
  const prefix = Object.keys(folders)
    .filter((prefix) => url.startsWith(prefix))
    .reduce((longest, prefix) => (prefix.length > longest.length ? prefix : longest));
  return join(folders[prefix] ?? "", url.slice(prefix.length));
}

interface PageModule {
  readonly url: string;
  /** Whether an `import` leads to it. An `import()` comes later. */
  readonly isNeededAtOnce: boolean;
}

/** Returns the modules that the page's script imports, and the script. */
async function modulesOf(folders: PageFolders, html: string): Promise<PageModule[]> {
  const { imports } = JSON.parse(IMPORT_MAP.exec(html)?.[1] ?? "{}") as {
    imports: Record<string, string>;
  };
  const script = /<script type="module" src="([^"]+)"/.exec(html)?.[1] ?? "";
  const { metafile } = await esbuild.build({
    entryPoints: [script],
    bundle: true,
    format: "esm",
    metafile: true,
    write: false,
    logLevel: "silent",
    plugins: [
      {
        name: "URLs of the page",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /./ }, ({ path, importer }) => {
            const { pathname } = new URL(imports[path] ?? path, `http://page${importer || "/"}`);
            return { path: pathname, namespace: "url" };
          });
          onLoad({ filter: /./ }, ({ path }) => ({
            contents: readFileSync(fileOf(folders, path), "utf8"),
          }));
        },
      },
    ],
  });
  const { inputs } = metafile;
  const neededAtOnce = new Set<string>();
  const visit = (input: string) => {
    if (!neededAtOnce.has(input)) {
      neededAtOnce.add(input);
      for (const { path, kind } of inputs[input]?.imports ?? []) {
        if (kind === "import-statement") {
          visit(path);
        }
      }
    }
  };
  visit(`url:/${script}`);
  return Object.keys(inputs).map((input) => ({
    url: input.slice("url:".length),
    isNeededAtOnce: neededAtOnce.has(input),
  }));
}
