import * as z from "zod";
import { EdgeVersions } from "./edge-versions.ts";
import type { NetworkId } from "./ids.ts";
import { type Condition, type Observed, Phase } from "./network.ts";

/** Who writes the spec of an instance. */
export const managers = ["control-plane", "kubectl"] as const;
export type Manager = (typeof managers)[number];

const at = z.iso.datetime({ offset: true });

/** A condition as Kubernetes has them. */
const InstanceCondition = z.object({
  type: z.string().describe("What is said: Ready sums the others up."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  reason: z.string().describe("Why, in one word for programs."),
  message: z.string().describe("Why, in a sentence for people; empty where it holds."),
  lastTransitionTime: at.describe("Since when its status is this one."),
  observedGeneration: z.int().nonnegative().describe("The metadata.generation that it is about."),
});

/** The status of the custom resource: what `Observed` tells the control plane, in the words of Kubernetes. Only the operator writes it. */
export const InstanceStatus = z.object({
  observedGeneration: z.int().nonnegative().describe("The metadata.generation that this status is about."),
  managedBy: z
    .enum(managers)
    .describe(
      "Who owns the spec. control-plane: it carries the epoch and generation of an order, and only a newer order may change it. kubectl: whoever applies the object; the provisioning API refuses orders for it.",
    ),
  order: z
    .object({
      epoch: z.int().nonnegative().describe("The epoch of the order that is in force; 0 where it was written by hand."),
      generation: z.int().nonnegative().describe("The generation that the rest of this status is about."),
    })
    .describe("Which order is in force."),
  phase: Phase.describe("Where the network is on its way. ready: a node could connect now."),
  message: z.string().describe("One sentence on the phase: what is missing, or that nothing is."),
  release: z.string().optional().describe("The release that its orchestrator runs."),
  endpoints: z
    .object({
      api: z.string().describe("Where people and programs reach its API."),
      nats: z.string().describe("Where nodes reach its broker."),
    })
    .optional()
    .describe("Where the network is reached. Nobody else computes these."),
  nodes: z
    .object({
      online: z.int().nonnegative().describe("How many are connected now."),
      total: z.int().nonnegative().describe("How many are enrolled."),
      edges: EdgeVersions.optional().describe("How many of the connected run which version of the edge."),
    })
    .describe("The edge nodes of the network."),
  reachable: z
    .object({
      api: z.boolean().describe("Its API answered through the ingress."),
      nats: z.boolean().describe("Its broker answered through the ingress."),
      checkedAt: at.optional().describe("When this was tried, at the time this status was written."),
    })
    .describe("Whether its doors opened when the agent knocked last."),
  conditions: z.array(InstanceCondition).describe("What holds and what does not, each with its reason."),
  blockers: z
    .array(z.string())
    .describe("What keeps its deletion from ending: the object, what holds it, and who can release it."),
  reportedAt: at.describe("When this status was written."),
});
export type InstanceStatus = z.infer<typeof InstanceStatus>;

/** Kubernetes calls it Ready when everything is; to the control plane the same is the settling of an order. */
const READY = "Ready";
const SETTLED = "Settled";

/** What an observation is in the custom resource. */
export function instanceStatusOf(
  observed: Observed,
  { generation, managedBy }: { readonly generation: number; readonly managedBy: Manager },
): InstanceStatus {
  const { epoch, phase, release, endpoints, nodes, reachable, blockers, reportedAt } = observed;
  return {
    observedGeneration: generation,
    managedBy,
    order: { epoch, generation: observed.observedGeneration },
    phase,
    message: messageOf(observed),
    ...(release === null ? {} : { release }),
    ...(endpoints === null ? {} : { endpoints }),
    nodes,
    reachable: {
      api: reachable.api,
      nats: reachable.nats,
      ...(reachable.checkedAt === null ? {} : { checkedAt: reachable.checkedAt }),
    },
    conditions: observed.conditions.map(({ type, status, reason, message, since }) => ({
      type: type === SETTLED ? READY : type,
      ...{ status, reason, message, lastTransitionTime: since, observedGeneration: generation },
    })),
    blockers,
    reportedAt,
  };
}

/** The observation that a status was made of. */
export function observedOf(network: NetworkId, status: InstanceStatus): Observed {
  const { order, phase, release, endpoints, nodes, reachable, conditions, blockers, reportedAt } = status;
  return {
    ...{ network, phase, nodes, blockers, reportedAt },
    ...{ epoch: order.epoch, generation: Math.max(1, order.generation), observedGeneration: order.generation },
    release: release ?? null,
    endpoints: endpoints ?? null,
    conditions: conditions.map(({ type, lastTransitionTime, ...said }) => ({
      type: type === READY ? SETTLED : type,
      ...{ status: said.status, reason: said.reason, message: said.message, since: lastTransitionTime },
    })),
    reachable: { api: reachable.api, nats: reachable.nats, checkedAt: reachable.checkedAt ?? null },
  };
}

/** The sentence of what fails first; what sums up says it in the same words. */
function messageOf({ conditions }: Observed): string {
  const summary: Condition | undefined = conditions.find(({ type }) => type === SETTLED || type === "Deleted");
  return summary?.message ?? conditions.find(({ status }) => status !== "True")?.message ?? "";
}
