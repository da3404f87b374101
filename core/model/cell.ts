import * as z from "zod";
import { PublicJwk } from "./access.ts";
import { CellId, type OrganizationId } from "./ids.ts";
import { Labels, NetworkName } from "./network.ts";
import { Timestamp } from "./time.ts";

/** What an operator says of a cell. */
export const CellSpec = z.strictObject({
  name: NetworkName,
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, "must be the name of a region: lower-case letters, digits and hyphens")
    .default("local"),
  labels: Labels.default({}),
  limits: z.strictObject({ networks: z.int().min(0).max(10_000) }).default({ networks: 100 }),
});
export type CellSpec = z.infer<typeof CellSpec>;

/** A merge patch of what may change of a cell in service. Name and region are what networks were placed by. */
export const CellPatch = z.strictObject({
  labels: z.record(z.string(), z.string().nullable()).optional(),
  limits: z.strictObject({ networks: z.int().min(0).max(10_000).optional() }).optional(),
});
export type CellPatch = z.infer<typeof CellPatch>;

/** What `POST …/cordon` takes. */
export const CordonRequest = z.strictObject({ reason: z.string().trim().min(1).max(500).optional() });

/** Who closed a cell for new networks, when and why. */
export const Cordon = z.strictObject({ reason: z.string().nullable(), by: z.string(), at: Timestamp });
export type Cordon = z.infer<typeof Cordon>;

/** What the agent said when it joined: where it is, how it is known. Trusted from then on, and only that. */
export const CellMembership = z.strictObject({
  identity: PublicJwk,
  publicUrl: z.url(),
  domain: z.string(),
  /** The CA of the provisioning API; the control plane trusts no other for this cell. */
  caPem: z.string(),
  /** The CA of the cell's brokers, by which they are looked at from outside; agents of before did not tell it. */
  natsCaPem: z.string().optional(),
  joinedAt: Timestamp,
});
export type CellMembership = z.infer<typeof CellMembership>;

/** A cell as operators and its agent's join define it. Reserved places are counted apart (`cell-places` counter). */
export const Cell = CellSpec.extend({
  id: CellId,
  schedulable: z.boolean(),
  cordon: Cordon.optional(),
  membership: CellMembership.nullable(),
  /** SHA-256 of the join token while it may still be used, and the thumbprint of the identity that used it. */
  join: z.strictObject({
    sha256: z.string(),
    expiresAt: Timestamp,
    usedBy: z.string().nullable(),
  }),
  createdAt: Timestamp,
});
export type Cell = z.infer<typeof Cell>;

export const CellCapacity = z.strictObject({
  /** How many more networks the cell itself believes it can run; null where it cannot tell. */
  networks: z.int().nonnegative().nullable(),
});
export type CellCapacity = z.infer<typeof CellCapacity>;

/** The newest digest of a cell. Only observation (join and monitor) writes it. */
export const CellReport = z.strictObject({
  cell: CellId,
  at: Timestamp,
  agent: z.string(),
  capacity: CellCapacity,
  networks: z.int().nonnegative(),
  /** Why an operator on site holds it. */
  held: z.string().optional(),
  /** Where the monitor goes on: the cell's own cursor. */
  cursor: z.string().nullable(),
});
export type CellReport = z.infer<typeof CellReport>;

/** Name of the counter of places reserved in a cell. */
export const placesOf = (cell: CellId): string => `cell-places/${cell}`;

/** Name of the counter of one organization's networks in a cell. */
export const siblingsOf = (cell: CellId, org: OrganizationId): string => `cell-siblings/${cell}/${org}`;
