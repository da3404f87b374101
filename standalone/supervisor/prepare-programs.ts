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

/** A small young generation: with 60 networks a cluster stays at 90 MiB instead of 100. */
const CLUSTER_FLAGS = ["--max-semi-space-size=1"];

/** The same for an agent, and garbage collected before it piles up: 50 networks in 100 MiB. */
const AGENT_FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=160", "--optimize-for-size"];

/** An orchestrator allocates little that lives on, and there is one per network: size before speed, 77 MiB instead of 90. */
const ORCHESTRATOR_FLAGS = ["--max-semi-space-size=1", "--no-maglev", "--optimize-for-size"];

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
    commands: {
      controlPlane: node(files["control-plane"]),
      cluster: node(files.cluster, CLUSTER_FLAGS),
      agent: node(files.agent, AGENT_FLAGS),
    },
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
