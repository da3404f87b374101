import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const entries = join(root, "functions/lambda");

/** What the browser of a reader of /docs runs. */
const referenceScript = join(root, "node_modules/@scalar/api-reference/dist/browser/standalone.js");

/** Every Lambda function by the name of its entry file. */
export const functionNames: readonly string[] = readdirSync(entries)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length))
  .sort();

/**
 * Bundles all functions in one run, each in a folder of its own with what it needs and nothing else; the SDK is in it, so that what
 * runs is what was tested. Answers the folder of each.
 */
export function bundleFunctions(folder: string): Readonly<Record<string, string>> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  buildSync({
    absWorkingDir: root,
    entryPoints: functionNames.map((name) => ({ in: join(entries, `${name}.ts`), out: `${name}/index` })),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    minify: true,
    // A stack trace is to be read; the sources themselves are in the repository.
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    logLevel: "warning",
    // Packages in CommonJS call require() for Node's own modules.
    banner: { js: `import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);` },
  });
  writeFileSync(join(folder, "docs", "reference.js.gz"), gzipSync(readFileSync(referenceScript), { level: 9 }));
  return Object.fromEntries(functionNames.map((name) => [name, join(folder, name)]));
}
