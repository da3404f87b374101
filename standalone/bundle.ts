import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { BUILT_IN_RELEASE } from "#core/model/release.ts";
import { dropUnused } from "./drop-unused.ts";
import { StartFailure } from "./start-failure.ts";

/** The programs that run as bundles: from sources a process costs 87 MiB instead of 58, and starts slower. */
export const programs = {
  "control-plane": { entry: "standalone/control-plane.ts", format: "esm" },
  cluster: { entry: "standalone/cluster/main.ts", format: "esm" },
  agent: { entry: "cell-agent/main.ts", format: "esm" },
  orchestrator: { entry: "orchestrator/main.ts", format: "esm" },
  // CommonJS and all minified: on a node every MiB counts.
  edge: { entry: "edge/main.ts", format: "cjs" },
  cli: { entry: "cli/main.ts", format: "esm" },
} as const satisfies Record<string, { entry: string; format: "esm" | "cjs" }>;

export type ProgramName = keyof typeof programs;

export interface Bundles<N extends ProgramName> {
  /** Changes with every source file that can go into a bundle, with the lockfile, with the release and with Node. */
  readonly key: string;
  readonly folder: string;
  readonly files: Readonly<Record<N, string>>;
}

export interface BundleOptions {
  /** This package. */
  readonly root?: string;
  /** The cache of this user: see `cacheFolder`. */
  readonly cacheDir: string;
  readonly onProgress?: (line: string) => void;
  /** What an orchestrator says it is. */
  readonly release?: string;
}

const FOLDERS = [
  "core",
  "adapters",
  "step-functions",
  "functions",
  "cell-agent",
  "orchestrator",
  "edge",
  "cli",
  "standalone",
];
const KEPT = 5;
const here = resolve(import.meta.dirname, "..");

/** `${XDG_CACHE_HOME:-~/.cache}/cellplane` */
export const cacheFolder = (environment: Readonly<Record<string, string | undefined>>, home: string): string =>
  join(environment.XDG_CACHE_HOME || join(home, ".cache"), "cellplane");

/**
 * Bundles of the sources as they are now, made where the cache lacks them; a warm call costs some milliseconds. Never made twice
 * at once, also across processes, and never half there.
 */
export async function bundlesOf<N extends ProgramName>(
  names: readonly N[],
  { root = here, cacheDir, onProgress = () => {}, release = BUILT_IN_RELEASE }: BundleOptions,
): Promise<Bundles<N>> {
  // Apart, so that publishing releases does not push what every start needs out of the cache.
  const all = join(cacheDir, release === BUILT_IN_RELEASE ? "bundles" : "releases");
  const key = keyOf(root, release);
  const folder = join(all, key);
  const fileOf = (name: ProgramName) => join(folder, `${name}.${programs[name].format === "esm" ? "mjs" : "cjs"}`);
  const missing = () => names.filter((name) => !existsSync(fileOf(name)));

  if (missing().length > 0) {
    mkdirSync(all, { recursive: true });
    const { withFileLock } = await import("#adapters/file-lock.ts");
    await withFileLock(
      join(all, "lock"),
      async () => {
        const toMake = missing();
        if (toMake.length === 0) return;
        onProgress(`Bundling ${toMake.join(", ")}; this happens once for each state of the sources.`);
        const partial = mkdtempSync(`${folder}.partial-`);
        try {
          await make({ root, release, names: toMake, folder: partial });
          mkdirSync(folder, { recursive: true });
          for (const file of readdirSync(partial)) renameSync(join(partial, file), join(folder, file));
        } finally {
          rmSync(partial, { recursive: true, force: true });
        }
        prune(all, key);
      },
      () => onProgress("Waiting for another process that is bundling."),
    );
  }
  const now = new Date();
  utimesSync(folder, now, now);
  return { key, folder, files: Object.fromEntries(names.map((name) => [name, fileOf(name)])) as Record<N, string> };
}

function keyOf(root: string, release: string): string {
  const hash = createHash("sha256").update(`${process.version} ${release}`);
  const files = FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file)),
  );
  for (const file of [...files.sort(), "package.json", "package-lock.json"]) {
    const content = readFileSync(join(root, file));
    hash.update(`\n${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 32);
}

interface Making {
  readonly root: string;
  readonly release: string;
  readonly names: readonly ProgramName[];
  readonly folder: string;
}

async function make({ root, release, names, folder }: Making): Promise<void> {
  const { build } = await import("esbuild");
  for (const format of ["esm", "cjs"] as const) {
    const entryPoints = Object.fromEntries(
      names.filter((name) => programs[name].format === format).map((name) => [name, join(root, programs[name].entry)]),
    );
    if (Object.keys(entryPoints).length === 0) continue;
    await build({
      absWorkingDir: root,
      entryPoints,
      outdir: folder,
      outExtension: { ".js": format === "esm" ? ".mjs" : ".cjs" },
      bundle: true,
      platform: "node",
      target: "node24",
      format,
      minifyWhitespace: true,
      minifySyntax: true,
      // Names stay where memory allows: a stack trace is to be read.
      minifyIdentifiers: format === "cjs",
      define: { CELLPLANE_BUILD: JSON.stringify(release) },
      legalComments: "none",
      logLevel: "silent",
      plugins: [dropUnused("@kubernetes/client-node")],
      ...(format === "esm"
        ? // Packages in CommonJS that are bundled call require() for Node's own modules.
          {
            banner: {
              js: `import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);`,
            },
          }
        : {}),
    }).catch((error: { errors?: { text: string; location?: { file: string; line: number } | null }[] } & Error) => {
      const [first] = error.errors ?? [];
      const at = first?.location ? ` (${first.location.file}:${first.location.line})` : "";
      throw new StartFailure(`The sources cannot be bundled: ${first?.text ?? error.message}${at}`);
    });
  }
}

/** Keeps the newest few, the current one among them. What was left half made by a kill goes too. */
function prune(all: string, current: string): void {
  const folders = readdirSync(all, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, usedAt: statSync(join(all, name)).mtimeMs }));
  const whole = folders
    .filter(({ name }) => !name.includes(".partial-") && name !== current)
    .sort((a, b) => b.usedAt - a.usedAt);
  const halves = folders.filter(({ name }) => name.includes(".partial-"));
  for (const { name } of [...whole.slice(KEPT - 1), ...halves])
    rmSync(join(all, name), { recursive: true, force: true });
}
