import * as z from "zod";
import { EdgeVersions } from "./edge-versions.ts";
import { CellId, NetworkId, OperationId, OrganizationId } from "./ids.ts";
import { planNames } from "./plan.ts";
import { channels } from "./release.ts";
import { MaintenanceWindow } from "./rollout/window.ts";
import { Timestamp } from "./time.ts";

export const NetworkName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be 1 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit",
  );

const labelPart = "[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?";

/** At most 32 labels; keys and values as in Kubernetes, at most 63 characters each, a value may be empty. */
export const Labels = z
  .record(
    z.string().regex(new RegExp(`^${labelPart}$`), "must be a label key: 1 to 63 letters, digits, '-', '_' and '.'"),
    z
      .string()
      .regex(new RegExp(`^(${labelPart})?$`), "must be a label value: at most 63 letters, digits, '-', '_' and '.'"),
  )
  .refine((labels) => Object.keys(labels).length <= 32, "must be at most 32 labels");

/** What its owner asks for. Only `name` is required. */
export const NetworkSpec = z.strictObject({
  name: NetworkName,
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, "must be the name of a region: lower-case letters, digits and hyphens")
    .default("local"),
  plan: z.enum(planNames).default("starter"),
  channel: z.enum(channels).default("stable"),
  /** A pin: this release, whatever its channel carries. */
  release: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'must be a release such as "1.4.2", or null')
    .nullable()
    .default(null),
  labels: Labels.default({}),
  /** Judged by the schema of its release. */
  settings: z.record(z.string(), z.unknown()).default({}),
  /** When rollouts may change it; null: at any time. The owner's own changes never wait for it. */
  window: MaintenanceWindow.nullable().default(null),
});
export type NetworkSpec = z.infer<typeof NetworkSpec>;

/**
 * The intent: what should exist, at a generation. Only the API and rollouts write it; it never carries status.
 * `operation` is the newest one, whether or not it has ended.
 */
export const Network = NetworkSpec.extend({
  id: NetworkId,
  org: OrganizationId,
  generation: z.int().positive(),
  deleting: z.boolean(),
  /** The release it is to run: see `releaseOf`. Absent in what was written before releases could be published. */
  resolvedRelease: z.string().optional(),
  /** How often its secrets were asked to be made anew; absent: never. */
  rotation: z.int().positive().optional(),
  operation: OperationId,
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Network = z.infer<typeof Network>;

/** The ETag of a network: the version of its intent alone. */
export const etagOf = (network: Pick<Network, "generation">): string => `"${network.generation}"`;

/** Where a network lives and why there. Only placement writes it; its existence holds the reserved place. */
export const Placement = z.strictObject({
  network: NetworkId,
  cell: CellId,
  at: Timestamp,
  reasons: z.array(z.string()),
});
export type Placement = z.infer<typeof Placement>;

export const phases = [
  "pending",
  "provisioning",
  "ready",
  "updating",
  "degraded",
  "unreachable",
  "deleting",
  "failed",
] as const;
export const Phase = z.enum(phases);
export type Phase = z.infer<typeof Phase>;

export const Condition = z.strictObject({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string(),
  message: z.string(),
  since: Timestamp,
});
export type Condition = z.infer<typeof Condition>;

export const Endpoints = z.strictObject({ api: z.string(), nats: z.string() });
export type Endpoints = z.infer<typeof Endpoints>;

/** Whether the doors of a network opened when somebody knocked last. */
export const Reachable = z.strictObject({ api: z.boolean(), nats: z.boolean(), checkedAt: Timestamp.nullable() });
export type Reachable = z.infer<typeof Reachable>;

/** What a cell says of one network. */
export const Observed = z.strictObject({
  network: NetworkId,
  epoch: z.int().nonnegative(),
  /** The newest generation that the cell accepted. */
  generation: z.int().positive(),
  /** The generation that the rest of this report is about. */
  observedGeneration: z.int().nonnegative(),
  phase: Phase,
  release: z.string().nullable(),
  endpoints: Endpoints.nullable(),
  conditions: z.array(Condition),
  nodes: z.strictObject({
    online: z.int().nonnegative(),
    total: z.int().nonnegative(),
    /** Absent where the release is of before this was told. */
    edges: EdgeVersions.optional(),
  }),
  reachable: Reachable,
  /** What keeps a deletion from ending: the object, what holds it, who can act. */
  blockers: z.array(z.string()),
  reportedAt: Timestamp,
});
export type Observed = z.infer<typeof Observed>;

/** True once the cell has caught up: a node could connect now, at this generation or a newer one. */
export const isSettledAt = (observed: Observed, generation: number): boolean =>
  observed.phase === "ready" && observed.observedGeneration >= generation;

/** The last report of a network's cell, and what the monitor met when it last looked from outside the cell. Only observation writes it. */
export const NetworkStatus = z.strictObject({
  network: NetworkId,
  cell: CellId,
  observed: Observed,
  outside: Reachable.optional(),
});
export type NetworkStatus = z.infer<typeof NetworkStatus>;

/** A report older than this says nothing about now: three missed long polls of 20 s. */
export const FRESH_FOR_MS = 60_000;

export const isFresh = (reportedAt: string, now: number): boolean => now - Date.parse(reportedAt) <= FRESH_FOR_MS;
