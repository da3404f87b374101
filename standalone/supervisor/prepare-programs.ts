import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { findNatsServer } from "#adapters/nats/find-server.ts";
import { BUILT_IN_RELEASE } from "#core/model/release.ts";
import { images } from "#core/workload.ts";
import { bundlesOf } from "../bundle.ts";
import { writeAtomically } from "../write-file.ts";

export interface Prepared {
  readonly commands: {
    readonly controlPlane: readonly string[];
    readonly cluster: readonly string[];
    readonly agent: readonly string[];
  };
  /** Image → command, for the clusters. */
  readonly programsFile: string;
  /** Where Node keeps what it compiled. */
  readonly compileCache: string;
}

export interface PrepareOptions {
  readonly data: string;
  readonly cacheDir: string;
  readonly path: string;
  readonly say: (line: string) => void;
}

/** An orchestrator allocates little that lives on: a small young generation keeps its process small. */
const ORCHESTRATOR_FLAGS = ["--max-semi-space-size=2"];

/**
 * Finds or makes every program that will run. The data directory gets its own links to the bundles, so that the cache may be
 * emptied while they run.
 */
export async function prepare({ data, cacheDir, path, say }: PrepareOptions): Promise<Prepared> {
  const [bundles, nats] = await Promise.all([
    bundlesOf(["control-plane", "cluster", "agent", "orchestrator"], { cacheDir, onProgress: say }),
    findNatsServer({ path, cacheDir, onProgress: say }),
  ]);
  const all = join(data, "programs");
  const folder = join(all, bundles.key);
  for (const other of readdirSync(all))
    if (other !== bundles.key) rmSync(join(all, other), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const node = (file: string, flags: readonly string[] = []) => [process.execPath, ...flags, link(file, folder)];

  const { files } = bundles;
  const programsFile = join(folder, "programs.json");
  const compileCache = join(folder, "compiled");
  const programs = {
    [images.orchestrator(BUILT_IN_RELEASE)]: [
      // The environment of a pod is what its manifest says; where Node keeps compiled code is our business.
      "/usr/bin/env",
      `NODE_COMPILE_CACHE=${compileCache}`,
      ...node(files.orchestrator, ORCHESTRATOR_FLAGS),
    ],
    [images.nats]: [nats],
  };
  writeAtomically(programsFile, JSON.stringify(programs));
  return {
    commands: { controlPlane: node(files["control-plane"]), cluster: node(files.cluster), agent: node(files.agent) },
    programsFile,
    compileCache,
  };
}

function link(file: string, folder: string): string {
  const target = join(folder, basename(file));
  rmSync(target, { force: true });
  try {
    linkSync(file, target);
  } catch {
    // Another file system.
    copyFileSync(file, target);
  }
  return target;
}
