import * as z from "zod";

/** The fields of a Deployment's or StatefulSet's status that tell how far it is. */
const WorkloadObject = z.object({
  metadata: z.object({ generation: z.number().default(0) }),
  spec: z.object({ replicas: z.number().default(1) }).default({ replicas: 1 }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
    })
    .default({ observedGeneration: 0, replicas: 0, updatedReplicas: 0, readyReplicas: 0 }),
});

const ContainerState = z.object({
  waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).optional(),
});

const PodObject = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  status: z
    .object({
      containerStatuses: z
        .array(z.object({ restartCount: z.number().default(0), state: ContainerState.default({}) }))
        .default([]),
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(""),
            message: z.string().default(""),
          }),
        )
        .default([]),
    })
    .default({ containerStatuses: [], conditions: [] }),
});

/** How many of a workload's pods serve now. */
export const readyReplicasOf = (workload: unknown): number =>
  WorkloadObject.safeParse(workload).data?.status.readyReplicas ?? 0;

/** How far a workload is: `done` when every pod is of the newest template and ready. */
export interface WorkloadState {
  readonly done: boolean;
  readonly reason: string;
  readonly message: string;
}

/** Reasons that a pod's container may wait for without anything being wrong. */
const harmless = new Set(["ContainerCreating", "PodInitializing", ""]);

/** What a workload and its pods say, in a word for machines and a sentence for people. */
export function workloadState(workload: unknown, pods: readonly unknown[]): WorkloadState {
  const parsed = WorkloadObject.safeParse(workload);
  if (!parsed.success) return { done: false, reason: "NotApplied", message: "it does not exist yet" };
  const { metadata, spec, status } = parsed.data;
  const current = status.observedGeneration >= metadata.generation;
  const done =
    current &&
    status.updatedReplicas >= spec.replicas &&
    status.readyReplicas >= spec.replicas &&
    status.replicas <= spec.replicas;
  if (done) return { done, reason: "Ready", message: "" };
  for (const pod of pods) {
    const trouble = troubleOf(pod);
    if (trouble) return { done, ...trouble };
  }
  return status.readyReplicas >= spec.replicas
    ? { done, reason: "RollingOut", message: "a new version takes over" }
    : { done, reason: "Starting", message: `${status.readyReplicas} of ${spec.replicas} ready` };
}

/** The label that tells which program a pod is. */
export const componentOf = (pod: unknown): string | undefined =>
  PodObject.safeParse(pod).data?.metadata.labels["app.kubernetes.io/name"];

function troubleOf(pod: unknown): { reason: string; message: string } | undefined {
  const parsed = PodObject.safeParse(pod);
  if (!parsed.success) return undefined;
  const { metadata, status } = parsed.data;
  for (const { state, restartCount } of status.containerStatuses) {
    const { reason = "", message = "" } = state.waiting ?? {};
    if (!harmless.has(reason))
      return { reason, message: `${metadata.name}: ${message || reason} (${restartCount} restarts)` };
  }
  const unscheduled = status.conditions.find(({ type, status: is }) => type === "PodScheduled" && is === "False");
  return unscheduled && { reason: "Unschedulable", message: `${metadata.name}: ${unscheduled.message}` };
}
