import * as z from "zod";
import { AccessDocument, NetworkKey } from "./access.ts";
import { NetworkId, OrganizationId } from "./ids.ts";
import { InstanceStatus, type Manager, observedOf } from "./instance-status.ts";
import { NetworkName, Observed } from "./network.ts";
import { planNames } from "./plan.ts";

/** The organization of a network that belongs to no hosted account. */
export const NO_ORGANIZATION = OrganizationId.parse(`org_${"0".repeat(26)}`);

/** What a cell needs to know of a network; part of every order to it. */
export const InstanceSpec = z.strictObject({
  org: OrganizationId.default(NO_ORGANIZATION).describe(
    "The organization that owns the network; never changes. Left out where there are no accounts.",
  ),
  name: NetworkName.describe("What people call the network."),
  release: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/)
    .describe('The release that its orchestrator runs, such as "1.4.2". A new one takes over before the old one ends.'),
  plan: z
    .enum(planNames)
    .default("starter")
    .describe("The size: CPU, memory, storage and how many nodes. A larger one may grow the volume of the broker."),
  nodes: z.int().positive().optional().describe("How many nodes it may have, where that is less than its plan allows."),
  settings: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Settings of the orchestrator; each release knows its own."),
  rotation: z
    .int()
    .positive()
    .optional()
    .describe("How often its secrets were asked to be made anew; raise it by one to rotate them. Absent: never."),
});
export type InstanceSpec = z.infer<typeof InstanceSpec>;

/** One order to a cell: fenced by `(epoch, generation)`, compared as a pair. Epochs begin at 1. */
export const CellOrder = z.strictObject({
  epoch: z.int().positive(),
  generation: z.int().positive(),
  spec: InstanceSpec,
  access: AccessDocument,
});
export type CellOrder = z.infer<typeof CellOrder>;

/** A fence: which order is newer. */
export type Fence = Pick<CellOrder, "epoch" | "generation">;

/** Negative where `a` is older than `b`, 0 where they are the same order. */
export const compareFences = (a: Fence, b: Fence): number => a.epoch - b.epoch || a.generation - b.generation;

export const INSTANCE_API_VERSION = "cellplane.dev/v1";
export const INSTANCE_KIND = "NetworkInstance";

/** What is written by hand stands before every epoch of a control plane. */
export const EPOCH_BY_HAND = 0;

/** Enough for every list that the control plane makes; the rules of the CRD are costed by them. */
const MOST_ENTRIES = 2_000;

/** The custom resource as it is written: by the control plane with the fence of its order, by people without one. */
export const WrittenInstance = z.object({
  apiVersion: z.literal(INSTANCE_API_VERSION),
  kind: z.literal(INSTANCE_KIND),
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    generation: z.int().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).optional(),
  }),
  spec: z
    .strictObject({
      network: NetworkId.describe(
        'The id of the network; never changes. The object is named like it, with "-" for "_".',
      ),
      epoch: z
        .int()
        .positive()
        .optional()
        .describe("The epoch of the control plane's order. Left out in what people write by hand."),
      generation: z
        .int()
        .positive()
        .optional()
        .describe("The generation of the control plane's order. Left out in what people write by hand."),
      spec: InstanceSpec.describe("What the network should be."),
      access: z
        .strictObject({
          generation: z
            .int()
            .nonnegative()
            .optional()
            .describe("The newest generation wins. Left out in what people write by hand."),
          keys: z.array(NetworkKey).max(MOST_ENTRIES).optional().describe("The keys that its API accepts."),
          issuers: AccessDocument.shape.issuers
            .max(16)
            .optional()
            .describe("Whose tokens its API accepts; their audience must be the id of the network."),
          revoked: AccessDocument.shape.revoked
            .max(MOST_ENTRIES)
            .optional()
            .describe("Whose tokens of before a time its API refuses."),
        })
        .optional()
        .describe("Who may call the API of the network. Absent: nobody yet."),
    })
    .describe("What should be. Everything but spec and access says which order this is."),
  status: InstanceStatus.optional().catch(undefined).describe("What the operator observed. Nobody else writes it."),
});

/** The custom resource as the agent reads it: a complete order, and what was observed. Named `net-…`, cluster-scoped. */
export const NetworkInstance = WrittenInstance.transform(({ spec, status, ...object }) => {
  const { network, access = {}, ...order } = spec;
  // What has no generation of its own has that which Kubernetes counts.
  const { generation = object.metadata.generation ?? 1, epoch = EPOCH_BY_HAND } = order;
  const { keys = [], issuers = [], revoked = [] } = access;
  return {
    ...object,
    spec: {
      ...{ network, epoch, generation, spec: order.spec },
      access: { generation: access.generation ?? generation, keys, issuers, revoked },
    },
    ...(status === undefined ? {} : { status: observedOf(network, status) }),
  };
});
export type NetworkInstance = Omit<z.infer<typeof NetworkInstance>, "status"> & { readonly status?: Observed };

/** Who owns the spec: the control plane as soon as it carries the fence of an order, else whoever applies it. */
export const managerOf = ({ spec }: { readonly spec: Fence }): Manager =>
  spec.epoch === EPOCH_BY_HAND ? "kubectl" : "control-plane";

/** What a cell lists of a network, to find drift and orphans both ways. `hash`: hex SHA-256 of the canonical spec. */
export const InstanceSummary = z.strictObject({
  id: NetworkId,
  epoch: z.int().nonnegative(),
  generation: z.int().positive(),
  observed: z.int().nonnegative(),
  hash: z.string(),
  /** What was ordered; a network that nobody knows any more is adopted by it. Agents of before did not tell it. */
  spec: InstanceSpec.optional(),
});
export type InstanceSummary = z.infer<typeof InstanceSummary>;

/** The digest of a cell: what changed since `cursor` (all of it at first), and the cell's own state. */
export const CellDigest = z.strictObject({
  cursor: z.string(),
  at: z.string(),
  agent: z.string(),
  epoch: z.int().nonnegative(),
  capacity: z.strictObject({ networks: z.int().nonnegative().nullable() }),
  /** Why an operator on site holds the cell: rollouts start nothing there. Absent where nobody does. */
  held: z.string().max(500).optional(),
  /** How many networks the cell has in all. */
  total: z.int().nonnegative(),
  /** Networks whose observation changed since the cursor asked for. */
  networks: z.array(Observed),
  /** Networks that went away since then. */
  gone: z.array(NetworkId),
});
export type CellDigest = z.infer<typeof CellDigest>;
