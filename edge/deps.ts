import { join } from "node:path";
import { checkExpressions } from "#adapters/cel.ts";
import { systemClock } from "#adapters/world.ts";
import { components, type PipelineDocument } from "#core/model/pipeline/document.ts";
import { type NodeFiles, openDataFolder } from "./data-folder.ts";
import { startPipeline } from "./engine/start-pipeline.ts";
import { resourceMeter } from "./facts.ts";
import { Failure, messageOf } from "./failure.ts";
import type { Credentials } from "./identity.ts";
import { lockFolder } from "./lock.ts";
import type { Log } from "./log.ts";
import { readNodeKey } from "./node-key.ts";
import { nodeRuntime } from "./node-runtime.ts";
import { type PipelineBodies, pipelineBodies } from "./pipeline-bodies.ts";
import { pipelineSet, type StartPipeline } from "./pipeline-set.ts";
import type { Revision } from "./plan-pipelines.ts";
import { type Allowance, readPolicy } from "./policy-file.ts";
import { recentProblems } from "./recent-problems.ts";
import { runLocal } from "./run-local.ts";
import { runNode } from "./run-node.ts";

export interface NodeStart {
  readonly files: NodeFiles;
  readonly credentials: Credentials;
  readonly labels: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly stop: AbortSignal;
}

/** The node of this data folder, with the real engine, clock and broker, until it is stopped. */
export async function startNode({ files, credentials, labels, log, stop }: NodeStart): Promise<void> {
  const key = readNodeKey(files.key);
  if (!key)
    throw new Failure(
      "refused",
      `${files.key} is missing: without its key this machine cannot be ${credentials.identity.node}.`,
      "Restore it from a backup, or `cellplane-edge leave --yes` and bootstrap again.",
    );
  const policy = await readPolicy(files.policy);
  const bodies = pipelineBodies(files.bodies);
  const world = { clock: systemClock, chance: Math.random, log };
  let node = { id: credentials.identity.node, labels };

  const start: StartPipeline = async (revision) => {
    const { name, rev } = revision;
    return startPipeline({
      document: documentOf(bodies, revision),
      name,
      rev,
      node,
      stateDir: files.state,
      policy,
      log,
    });
  };
  const probe = (revision: Revision) => {
    const [error] = checkExpressions(documentOf(bodies, revision));
    if (error) throw new Error(`${error.path}: ${error.message}`);
  };
  const runtime = nodeRuntime({
    ...{ files, bodies, clock: systemClock, log, labels },
    pipelines: pipelineSet(start, world, probe),
    problems: recentProblems(systemClock.now),
    resources: resourceMeter(files.state),
    setLabels: (newest) => {
      node = { ...node, labels: newest };
    },
  });
  const allow = Object.fromEntries(Object.entries(policy));
  await runNode({ files, credentials, key, runtime, labels, world, stop, capabilities: { ...components, allow } });
}

function documentOf(bodies: PipelineBodies, { name, sha256 }: Revision): PipelineDocument {
  const text = bodies.get(sha256);
  if (text === undefined) throw new Error(`the content of ${name} is not on this disk`);
  return JSON.parse(text) as PipelineDocument;
}

export interface FileRun {
  readonly file: string;
  readonly folder: string;
  readonly allow: Allowance;
  readonly log: Log;
  readonly stop: AbortSignal;
}

/** How long a pipeline that is stopped may take to deliver what it has read. */
const DRAIN_MS = 10_000;

/** Runs one pipeline file with no network, by the node's policy with the command line over it, until its inputs end or it is stopped. */
export async function runFile({ file, folder, allow, log, stop }: FileRun): Promise<void> {
  const files = openDataFolder(folder);
  const given = Object.fromEntries(Object.entries(allow).filter(([, list]) => list.length > 0));
  const policy = { ...(await readPolicy(files.policy)), ...given };
  const lock = lockFolder(join(folder, "local.lock"));
  try {
    const pipeline = await runLocal({ file, stateDir: join(folder, "local"), policy, log }).catch((error: unknown) => {
      throw error instanceof Failure ? error : new Failure("refused", messageOf(error), undefined, error);
    });
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener("abort", () => resolve(), { once: true });
    });
    const failure = await Promise.race([pipeline.done, stopped, pipeline.failed]);
    await pipeline.drain(DRAIN_MS);
    if (failure) throw new Failure("refused", `The pipeline could not go on: ${failure.message}`, undefined, failure);
  } finally {
    lock.release();
  }
}
