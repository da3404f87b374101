import { join } from "node:path";
import { checkExpressions } from "#adapters/cel.ts";
import { systemClock } from "#adapters/world.ts";
import { components, type PipelineDocument } from "#core/model/pipeline/document.ts";
import type { NodeFiles } from "./data-folder.ts";
import { startPipeline } from "./engine/start-pipeline.ts";
import { resourceMeter } from "./facts.ts";
import { Failure } from "./failure.ts";
import type { Credentials } from "./identity.ts";
import type { Log } from "./log.ts";
import { readNodeKey } from "./node-key.ts";
import { nodeRuntime } from "./node-runtime.ts";
import { type PipelineBodies, pipelineBodies } from "./pipeline-bodies.ts";
import { pipelineSet, type StartPipeline } from "./pipeline-set.ts";
import type { Revision } from "./plan-pipelines.ts";
import { readPolicy } from "./policy-file.ts";
import { recentProblems } from "./recent-problems.ts";
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
    const document = documentOf(bodies, revision);
    const pipeline = await startPipeline({ document, name, rev, node, stateDir: join(files.state, name), policy, log });
    return {
      beat: () => {
        const { in: i, out: o, errors: e, lagBytes } = pipeline.counters();
        return { i, o, e, ...(lagBytes > 0 ? { lag: lagBytes } : {}) };
      },
      health: () => pipeline.health(),
      problems: () => pipeline.problems(),
      failed: pipeline.failed,
      drain: (milliseconds) => pipeline.drain(milliseconds),
    };
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
