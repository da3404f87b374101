import * as z from "zod";
import { idSchema } from "./ids.ts";
import { Selector } from "./selector.ts";
import { Timestamp } from "./time.ts";

export const DeploymentId = idSchema("dep");

export const PipelineName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be 1 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit",
  );

/** `logs@3`, or `logs` for the newest revision there is. */
export const PipelineReference = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(@[1-9][0-9]{0,8})?$/,
    'must be a pipeline and a revision such as "logs@3", or a pipeline alone for its newest revision',
  );

export const revisionOf = (reference: string): { name: string; rev: number | undefined } => {
  const [name = "", rev] = reference.split("@");
  return { name, rev: rev === undefined ? undefined : Number(rev) };
};

export const DeploymentSpec = z.strictObject({
  pipeline: PipelineReference,
  selector: Selector.refine((selector) => typeof selector !== "string" || selector.trim() !== "", {
    message: 'is empty; write {} if every node is meant, or conditions such as "env=prod"',
  }),
  strategy: z
    .literal("immediate", 'must be "immediate" or left out: gradual deployments are not part of this release')
    .default("immediate"),
});
export type DeploymentSpec = z.infer<typeof DeploymentSpec>;

/** An immutable revision of a pipeline. Its document is kept apart, under its SHA-256. */
export const PipelineRevision = z.strictObject({
  name: PipelineName,
  rev: z.int().positive(),
  sha256: z.string(),
  createdAt: Timestamp,
  createdBy: z.string(),
});
export type PipelineRevision = z.infer<typeof PipelineRevision>;

/** A revision sent to the nodes that a selector matches; in force, also for nodes that come later, until it is deleted. */
export const Deployment = z.strictObject({
  id: DeploymentId,
  pipeline: PipelineName,
  rev: z.int().positive(),
  sha256: z.string(),
  /** As it was asked for. */
  selector: Selector,
  strategy: z.literal("immediate"),
  state: z.enum(["running", "completed", "superseded"]),
  createdAt: Timestamp,
  createdBy: z.string(),
  completedAt: Timestamp.nullable(),
});
export type Deployment = z.infer<typeof Deployment>;

export const targetStates = ["applied", "failed", "pending", "offline", "superseded"] as const;
export type TargetState = (typeof targetStates)[number];

/** What a node shows of one pipeline: enough to say how far a deployment came on it. */
export interface TargetSigns {
  readonly online: boolean;
  /** The deployment that decides this pipeline on the node. */
  readonly decidedBy: string | undefined;
  readonly desiredHash: string | undefined;
  readonly running: readonly { readonly name: string; readonly rev: number }[];
  /** Hash of the desired document that is applied whole, as the newest heartbeat or report says. */
  readonly appliedHash: string | undefined;
  readonly attempt:
    | { readonly hash: string; readonly result: string; readonly pipeline?: string | undefined }
    | undefined;
}

export function targetState(deployment: Pick<Deployment, "id" | "pipeline" | "rev">, signs: TargetSigns): TargetState {
  const { pipeline, rev } = deployment;
  if (signs.decidedBy !== deployment.id) return "superseded";
  const { attempt, desiredHash, appliedHash } = signs;
  const failed =
    attempt !== undefined &&
    attempt.hash === desiredHash &&
    attempt.result !== "applied" &&
    (attempt.pipeline === undefined || attempt.pipeline === pipeline);
  if (failed) return "failed";
  const isWhole = desiredHash !== undefined && appliedHash !== undefined && desiredHash.startsWith(appliedHash);
  if (isWhole || signs.running.some((one) => one.name === pipeline && one.rev === rev)) return "applied";
  return signs.online ? "pending" : "offline";
}

export type Counts = Record<TargetState, number> & { total: number };

export function countsOf(states: readonly TargetState[]): Counts {
  const counts: Counts = { total: states.length, applied: 0, failed: 0, pending: 0, offline: 0, superseded: 0 };
  for (const state of states) counts[state]++;
  return counts;
}

/** Nothing that could be reached is waited for. It stays in force all the same. */
export const isComplete = ({ pending }: Counts): boolean => pending === 0;

export const deploymentView = (deployment: Deployment, counts: Counts) => ({
  id: deployment.id,
  pipeline: `${deployment.pipeline}@${deployment.rev}`,
  selector: deployment.selector,
  strategy: deployment.strategy,
  state: deployment.state,
  counts,
  createdAt: deployment.createdAt,
  createdBy: deployment.createdBy,
  completedAt: deployment.completedAt,
});
