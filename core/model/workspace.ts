import * as z from "zod";
import { NetworkName } from "./network.ts";
import { Timestamp } from "./time.ts";

/** Named like a network, unique within it. */
export const WorkspaceName = NetworkName;

/** Every network begins with it, and it cannot be deleted: there is always somewhere to put a node. */
export const DEFAULT_WORKSPACE = "default";

const Description = z.string().max(1_000, "must be at most 1000 characters");

export const WorkspaceSpec = z.strictObject({ name: WorkspaceName, description: Description.default("") });
export type WorkspaceSpec = z.infer<typeof WorkspaceSpec>;

export const WorkspacePatch = z.strictObject({ description: Description.optional() });

/** An isolated group of nodes and pipelines: one NATS account. */
export const Workspace = WorkspaceSpec.extend({
  createdAt: Timestamp,
  /** Public key of its account. */
  account: z.string(),
  /** Its `WorkspaceKeys`, sealed. */
  sealed: z.string(),
  /** User JWTs of these public keys issued at or before then (seconds since 1970) are refused. */
  revocations: z.record(z.string(), z.int()),
  /** Set while it is being taken away, so that a deletion that was cut off is finished. */
  deleting: z.boolean().default(false),
});
export type Workspace = z.infer<typeof Workspace>;

/** Seeds that open a workspace: they leave memory only sealed. The account's own key signs once and is forgotten. */
export const WorkspaceKeys = z.strictObject({
  /** Signs the orchestrator's own user. */
  users: z.string(),
  /** The scoped signing key: signs the users of nodes. */
  nodes: z.string(),
  /** Signs desired documents. */
  config: z.string(),
  /** Takes over from `config` then (milliseconds since 1970): by that time every node that is connected was told of it. */
  nextConfig: z.strictObject({ seed: z.string(), from: z.number() }).optional(),
  /** Public halves of signing keys of before: whom they let in stays until then (milliseconds since 1970). */
  previous: z.array(z.strictObject({ users: z.string(), nodes: z.string(), until: z.number() })).default([]),
});
export type WorkspaceKeys = z.infer<typeof WorkspaceKeys>;

export const workspaceView = ({ name, description, createdAt, deleting }: Workspace) => ({
  name,
  description,
  createdAt,
  deleting,
});
