import { type Pod, readySince, type StatefulSet } from "../objects/shapes.ts";
import { templateHash } from "./deployment.ts";

export const REVISION = "controller-revision-hash";

export interface StatefulSetPlan {
  /** Ordinals to create now: one at a time, the next only after the one before is ready. */
  readonly create: readonly number[];
  readonly remove: readonly Pod[];
  readonly status: Record<string, unknown>;
}

/**
 * The next step of a stateful set: pods keep their names, so an update stops one before it starts its successor, the last
 * ordinal first. With `OnDelete` a pod keeps its template until somebody deletes it.
 */
export function planStatefulSet(set: StatefulSet, pods: readonly Pod[]): StatefulSetPlan {
  const desired = set.spec.replicas ?? 1;
  const name = set.metadata.name;
  const revision = templateHash(set.spec.template);
  const at = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const ordinals = Array.from({ length: desired }, (_, ordinal) => ordinal);
  const podAt = (ordinal: number) => at.get(`${name}-${ordinal}`);
  const isReady = (pod: Pod | undefined) =>
    pod !== undefined && pod.metadata.deletionTimestamp === undefined && readySince(pod) !== undefined;
  const isOld = (pod: Pod | undefined) => pod !== undefined && pod.metadata.labels?.[REVISION] !== revision;

  const missing = ordinals.find((ordinal) => podAt(ordinal) === undefined);
  const mayCreate = missing !== undefined && ordinals.slice(0, missing).every((ordinal) => isReady(podAt(ordinal)));
  const surplus = pods.filter(({ metadata }) => !ordinals.some((ordinal) => metadata.name === `${name}-${ordinal}`));
  const outdated = ordinals.filter((ordinal) => isOld(podAt(ordinal)));
  const last = outdated.at(-1);
  const othersStand = ordinals.every((ordinal) => isReady(podAt(ordinal)) || (last !== undefined && ordinal <= last));
  const rolls = set.spec.updateStrategy?.type !== "OnDelete" && last !== undefined && othersStand;
  const next = rolls ? podAt(last) : undefined;

  const living = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const ready = living.filter((pod) => isReady(pod)).length;
  return {
    create: mayCreate ? [missing] : [],
    remove: [...surplus, ...(next ? [next] : [])].filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    status: {
      observedGeneration: set.metadata.generation,
      replicas: living.length,
      readyReplicas: ready,
      availableReplicas: ready,
      updatedReplicas: living.filter((pod) => !isOld(pod)).length,
      currentReplicas: living.filter((pod) => !isOld(pod)).length,
      updateRevision: `${name}-${revision}`,
      currentRevision:
        outdated.length === 0
          ? `${name}-${revision}`
          : ((set.status as { currentRevision?: string } | undefined)?.currentRevision ?? `${name}-${revision}`),
    },
  };
}
