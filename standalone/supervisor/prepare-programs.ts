import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { findNatsServer } from "#adapters/nats/find-server.ts";
import { BUILT_IN_RELEASE } from "#core/model/release.ts";
import { images } from "#core/workload.ts";
import { NODE_FLAGS } from "../../cell-agent/node-flags.ts";
import { bundlesOf } from "../bundle.ts";
import { compileCacheOf, keepBuild, link, writePrograms } from "../release-builds.ts";

export interface Prepared {
  readonly commands: {
    readonly controlPlane: readonly string[];
    readonly cluster: readonly string[];
    readonly agent: readonly string[];
  };
  /** Image → command, for the clusters. */
  readonly programsFile: string;
  /** Makes the build of a release that is named as its last argument. */
  readonly releaseBuilder: readonly string[];
  /** Where Node keeps what it compiled. */
  readonly compileCache: string;
}

export interface PrepareOptions {
  readonly data: string;
  readonly cacheDir: string;
  readonly path: string;
  readonly say: (line: string) => void;
}

/** Runs from its sources: it makes bundles. */
const buildRelease = join(import.meta.dirname, "../build-release.ts");

/** A small young generation: with 60 networks a cluster stays at 90 MiB instead of 100. */
const CLUSTER_FLAGS = ["--max-semi-space-size=1"];

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
  const node = (file: string, flags: readonly string[] = []) => [process.execPath, ...flags, linkInto(folder, file)];

  const { files } = bundles;
  const programsFile = join(folder, "programs.json");
  keepBuild(data, BUILT_IN_RELEASE, files.orchestrator);
  writePrograms(programsFile, data, { [images.nats]: [nats] });
  return {
    commands: {
      controlPlane: node(files["control-plane"]),
      cluster: node(files.cluster, CLUSTER_FLAGS),
      agent: node(files.agent, NODE_FLAGS),
    },
    programsFile,
    releaseBuilder: [
      ...[process.execPath, buildRelease],
      ...["--data", data, "--cache", cacheDir, "--programs", programsFile],
    ],
    compileCache: compileCacheOf(programsFile),
  };
}

function linkInto(folder: string, file: string): string {
  const target = join(folder, basename(file));
  rmSync(target, { force: true });
  link(file, target);
  return target;
}
