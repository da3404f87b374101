import * as z from "zod";
import { AccessDocument } from "./access.ts";
import { NetworkId, OrganizationId } from "./ids.ts";
import { NetworkName, Observed } from "./network.ts";
import { planNames } from "./plan.ts";

/** What a cell needs to know of a network; part of every order to it. */
export const InstanceSpec = z.strictObject({
  org: OrganizationId,
  name: NetworkName,
  release: z.string().regex(/^\d+\.\d+\.\d+$/),
  plan: z.enum(planNames),
  /** How many nodes it may have, where that is less than its plan allows. */
  nodes: z.int().positive().optional(),
  settings: z.record(z.string(), z.unknown()),
  /** How often its secrets were asked to be made anew; absent: never. */
  rotation: z.int().positive().optional(),
});
export type InstanceSpec = z.infer<typeof InstanceSpec>;

/** One order to a cell: fenced by `(epoch, generation)`, compared as a pair. */
export const CellOrder = z.strictObject({
  epoch: z.int().nonnegative(),
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

/** The custom resource of a cell: the order as it came, and what the operator observed. Named `net-…`, cluster-scoped. */
export const NetworkInstance = z.object({
  apiVersion: z.literal(INSTANCE_API_VERSION),
  kind: z.literal(INSTANCE_KIND),
  metadata: z.looseObject({
    name: z.string(),
    resourceVersion: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).optional(),
  }),
  spec: CellOrder.extend({ network: NetworkId }),
  status: Observed.optional(),
});
export type NetworkInstance = z.infer<typeof NetworkInstance>;

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
  /** How many networks the cell has in all. */
  total: z.int().nonnegative(),
  /** Networks whose observation changed since the cursor asked for. */
  networks: z.array(Observed),
  /** Networks that went away since then. */
  gone: z.array(NetworkId),
});
export type CellDigest = z.infer<typeof CellDigest>;
