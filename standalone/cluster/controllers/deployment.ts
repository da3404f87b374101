import { createHash } from "node:crypto";
import { canonicalJson } from "#core/model/canonical.ts";
import { timestampOf } from "#core/model/time.ts";
import { since } from "../objects/condition.ts";
import { type Deployment, type Pod, readySince, type Template } from "../objects/shapes.ts";

export const TEMPLATE_HASH = "pod-template-hash";

/** Names what a pod was made from. Nothing is left out: a changed annotation is a changed template. */
export const templateHash = (template: Template): string =>
  createHash("sha256").update(canonicalJson(template)).digest("hex").slice(0, 10);

export interface DeploymentPlan {
  /** How many pods of the present template to add. */
  readonly create: number;
  readonly remove: readonly Pod[];
  readonly status: Record<string, unknown>;
  /** When time alone will change the plan (milliseconds since 1970). */
  readonly again?: number;
}

/**
 * The next step of a deployment, from its pods and the time: a new pod is available before an old one stops, within
 * `maxSurge` and `maxUnavailable`.
 */
export function planDeployment(deployment: Deployment, pods: readonly Pod[], now: number): DeploymentPlan {
  const { spec } = deployment;
  const desired = spec.replicas ?? 1;
  const hash = templateHash(spec.template);
  const living = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const fresh = living.filter(({ metadata }) => metadata.labels?.[TEMPLATE_HASH] === hash);
  const old = living.filter((pod) => !fresh.includes(pod));
  const waitFor = (spec.minReadySeconds ?? 0) * 1000;
  const isAvailable = (pod: Pod) => now - (readySince(pod) ?? Number.POSITIVE_INFINITY) >= waitFor;
  const { surge, unavailable } = limitsOf(deployment, desired);

  const available = living.filter(isAvailable).length;
  const recreate = spec.strategy?.type === "Recreate";
  const room = recreate ? (pods.length > fresh.length ? 0 : desired) : desired + surge - living.length;
  const create = Math.max(0, Math.min(desired - fresh.length, room));
  const unreadyFirst = [...fresh.filter((pod) => !isAvailable(pod)), ...oldestFirst(fresh.filter(isAvailable))];
  const surplus = unreadyFirst.slice(0, Math.max(0, fresh.length - desired));
  const needed = desired - unavailable;
  const idle = Math.max(0, living.length - needed - fresh.filter((pod) => !isAvailable(pod)).length);
  const retired = [
    ...old.filter((pod) => !isAvailable(pod)).slice(0, idle),
    ...oldestFirst(old.filter(isAvailable)).slice(
      0,
      Math.max(0, available - surplus.filter(isAvailable).length - needed),
    ),
  ];
  const remove = [...surplus, ...(recreate ? old : retired)];

  const soonest = living
    .flatMap((pod) => readySince(pod) ?? [])
    .map((since) => since + waitFor)
    .filter((at) => at > now);
  const status = statusOf({ deployment, pods: living, fresh, available, desired, unavailable, now });
  return { create, remove, status, ...(soonest.length > 0 ? { again: Math.min(...soonest) } : {}) };
}

const oldestFirst = (pods: readonly Pod[]): Pod[] =>
  [...pods].sort((a, b) => ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1));

function limitsOf({ spec }: Deployment, desired: number): { surge: number; unavailable: number } {
  const rolling = spec.strategy?.rollingUpdate;
  const share = (value: number | string, round: (n: number) => number) =>
    typeof value === "number" ? value : round((Number.parseInt(value, 10) * desired) / 100);
  const surge = share(rolling?.maxSurge ?? "25%", Math.ceil);
  const unavailable = share(rolling?.maxUnavailable ?? "25%", Math.floor);
  // Neither more nor less would never end; Kubernetes too then does without one pod.
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

interface Observed {
  readonly deployment: Deployment;
  readonly pods: readonly Pod[];
  readonly fresh: readonly Pod[];
  readonly available: number;
  readonly desired: number;
  readonly unavailable: number;
  readonly now: number;
}

function statusOf({ deployment, pods, fresh, available, desired, unavailable, now }: Observed) {
  const before = deployment.status;
  const ready = pods.filter((pod) => readySince(pod) !== undefined).length;
  const complete = fresh.length === desired && pods.length === desired && available >= desired;
  const progress = `${deployment.metadata.generation}: ${fresh.length} new, ${pods.length} in all, ${ready} ready, ${available} available`;
  const last = before?.conditions?.find(({ type }) => type === "Progressing");
  const movedAt = last?.message === progress ? Date.parse(last.lastTransitionTime ?? "") : now;
  const stuck = !complete && now - movedAt > (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
  const enough = available >= desired - unavailable;
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: pods.length,
    updatedReplicas: fresh.length,
    readyReplicas: ready,
    availableReplicas: available,
    unavailableReplicas: Math.max(0, desired - available),
    conditions: [
      since(before?.conditions, now, {
        type: "Available",
        status: enough ? "True" : "False",
        reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      }),
      {
        type: "Progressing",
        status: stuck ? "False" : "True",
        reason: stuck ? "ProgressDeadlineExceeded" : complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
        message: progress,
        lastTransitionTime: timestampOf(movedAt),
      },
    ],
  };
}
