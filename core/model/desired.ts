import type { DesiredDocument, DesiredPipeline } from "../messages.ts";
import { heartbeatDefaults } from "../messages.ts";
import type { Deployment } from "./deployment.ts";
import { matches, type Requirement } from "./selector.ts";

/** A deployment that is in force, its selector ready to use. */
export interface InForce {
  readonly deployment: Deployment;
  readonly requirements: readonly Requirement[];
}

/**
 * Which deployment decides each pipeline on a node: of those that match its labels the newest, by pipeline name. Ids rise with
 * time, so the order never depends on the order of arrival.
 */
export function decidedOn(
  labels: Readonly<Record<string, string>>,
  inForce: readonly InForce[],
): Map<string, Deployment> {
  const decided = new Map<string, Deployment>();
  for (const { deployment, requirements } of inForce) {
    const other = decided.get(deployment.pipeline);
    if (other && other.id >= deployment.id) continue;
    if (matches(requirements, labels)) decided.set(deployment.pipeline, deployment);
  }
  return decided;
}

/** What a document says, before it is hashed, numbered and signed. */
export type DesiredContent = Pick<DesiredDocument, "pipelines" | "settings">;

/** What a node with these labels should run. */
export function desiredContent(labels: Readonly<Record<string, string>>, inForce: readonly InForce[]): DesiredContent {
  const pipelines = [...decidedOn(labels, inForce).values()]
    .sort((a, b) => (a.pipeline < b.pipeline ? -1 : 1))
    .map(
      ({ id, pipeline, rev, sha256 }): DesiredPipeline => ({ name: pipeline, rev, sha256, state: "run", rollout: id }),
    );
  return { pipelines, settings: { hbMs: heartbeatDefaults.everyMs, logLevel: "warn" } };
}

/** Whether a node that reports this applied generation should be told again. What it tried and could not do is not offered again. */
export function shouldPoke(
  desired: { readonly gen: number; readonly hash: string },
  beat: { readonly g: number; readonly h: string },
  attempt: { readonly gen: number; readonly hash: string; readonly result: string } | undefined,
): boolean {
  if (beat.g === desired.gen && (beat.h === "" || desired.hash.startsWith(beat.h))) return false;
  const gaveUp =
    attempt && attempt.gen === desired.gen && attempt.hash === desired.hash && attempt.result !== "applied";
  return !gaveUp;
}
