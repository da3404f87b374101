import * as z from "zod";
import { DeploymentSpec } from "../model/deployment.ts";
import { nodeStates } from "../model/liveness.ts";
import type { NetworkAction } from "../model/network-caller.ts";
import { Facts, NodePatch } from "../model/node.ts";
import { Selector } from "../model/selector.ts";
import { TokenSpec } from "../model/token.ts";
import { WorkspacePatch, WorkspaceSpec } from "../model/workspace.ts";
import { NoQuery, PageQuery } from "./route.ts";

/** Seconds of difference between a node's clock and ours that a signature may have. */
export const CLOCK_SKEW_SECONDS = 300;

const Signature = z.string().min(1).max(128);
const Milliseconds = z.int().nonnegative();

export const EnrollBody = z.object({
  tokenId: z.string().max(64),
  secret: z.string().max(128),
  pub: z.string().max(64),
  xpub: z.string().max(64),
  name: z.string().min(1).max(63).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  facts: Facts,
  edge: z.object({ version: z.string().max(64), proto: z.array(z.int()).max(16) }),
  ts: Milliseconds,
  sig: Signature,
});

export const RenewBody = z.object({
  workspace: z.string().max(63),
  node: z.string().max(64),
  ts: Milliseconds,
  sig: Signature,
});

const EnrollQuery = z.strictObject({
  workspace: z.string().max(63),
  ts: z
    .string()
    .regex(/^\d{1,16}$/, "must be milliseconds since 1970")
    .transform(Number),
  sig: Signature,
});

export const NodeQuery = PageQuery.extend({
  selector: Selector.optional(),
  state: z.enum(nodeStates).optional(),
  health: z.enum(["ok", "degraded", "failed", "stopped", "starting"]).optional(),
  q: z.string().max(255).optional(),
});

/** What a route takes. `signed` bodies are kept whole, because their signature covers also what we do not know. */
export interface NetworkRoute {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: `/${string}`;
  /** What the caller must be allowed to do; absent where anybody may call. */
  readonly action?: NetworkAction;
  readonly query: z.ZodType;
  readonly body?: z.ZodType;
  /** JSON unless said otherwise; `document`: JSON or YAML. */
  readonly takes?: "document";
  readonly bodyOptional?: boolean;
  readonly status: 200 | 201 | 202 | 204;
}

const read = { method: "GET", query: NoQuery, status: 200 } as const;
const act = { method: "POST", query: NoQuery, body: z.strictObject({}), bodyOptional: true, status: 200 } as const;
const remove = { method: "DELETE", query: NoQuery, status: 204 } as const;
const workspace = "/v1/workspaces/{ws}";

/** Every route of an orchestrator. */
export const orchestratorRoutes = {
  getHealth: { ...read, path: "/healthz" },
  getReadiness: { ...read, path: "/readyz" },
  enroll: { method: "POST", path: "/v1/enroll", query: NoQuery, body: z.unknown(), status: 201 },
  getEnrolment: { ...read, path: "/v1/enroll/{node}", query: EnrollQuery },
  renew: { method: "POST", path: "/v1/renew", query: NoQuery, body: z.unknown(), status: 200 },

  createWorkspace: {
    ...{ method: "POST", path: "/v1/workspaces", action: "workspaces.write" },
    ...{ query: NoQuery, body: WorkspaceSpec, status: 201 },
  },
  listWorkspaces: { ...read, path: "/v1/workspaces", action: "workspaces.read", query: PageQuery },
  getWorkspace: { ...read, path: workspace, action: "workspaces.read" },
  updateWorkspace: {
    ...{ method: "PATCH", path: workspace, action: "workspaces.write", query: NoQuery },
    ...{ body: WorkspacePatch, status: 200 },
  },
  deleteWorkspace: { ...remove, path: workspace, action: "workspaces.write" },

  createToken: {
    ...{ method: "POST", path: `${workspace}/tokens`, action: "tokens.write" },
    ...{ query: NoQuery, body: TokenSpec, status: 201 },
  },
  listTokens: { ...read, path: `${workspace}/tokens`, action: "tokens.read", query: PageQuery },
  getToken: { ...read, path: `${workspace}/tokens/{token}`, action: "tokens.read" },
  pauseToken: { ...act, path: `${workspace}/tokens/{token}/pause`, action: "tokens.write" },
  resumeToken: { ...act, path: `${workspace}/tokens/{token}/resume`, action: "tokens.write" },
  revokeToken: { ...act, path: `${workspace}/tokens/{token}/revoke`, action: "tokens.write" },
  deleteToken: { ...remove, path: `${workspace}/tokens/{token}`, action: "tokens.write" },

  listNodes: { ...read, path: `${workspace}/nodes`, action: "nodes.read", query: NodeQuery },
  getNode: { ...read, path: `${workspace}/nodes/{node}`, action: "nodes.read" },
  updateNode: {
    ...{ method: "PATCH", path: `${workspace}/nodes/{node}`, action: "nodes.write" },
    ...{ query: NoQuery, body: NodePatch, status: 200 },
  },
  deleteNode: { ...remove, path: `${workspace}/nodes/{node}`, action: "nodes.remove" },
  approveNode: { ...act, path: `${workspace}/nodes/{node}/approve`, action: "nodes.write" },
  rejectNode: { ...act, path: `${workspace}/nodes/{node}/reject`, action: "nodes.write" },
  revokeNode: { ...act, path: `${workspace}/nodes/{node}/revoke`, action: "nodes.remove" },

  listPipelines: { ...read, path: `${workspace}/pipelines`, action: "pipelines.read", query: PageQuery },
  getPipeline: { ...read, path: `${workspace}/pipelines/{pipeline}`, action: "pipelines.read" },
  putPipeline: {
    ...{ method: "PUT", path: `${workspace}/pipelines/{pipeline}`, action: "pipelines.write" },
    ...{ query: NoQuery, body: z.unknown(), takes: "document", status: 201 },
  },
  validatePipeline: {
    ...{ method: "POST", path: `${workspace}/pipelines/{pipeline}/validate`, action: "pipelines.read" },
    ...{ query: NoQuery, body: z.unknown(), takes: "document", status: 200 },
  },
  validateDocument: {
    ...{ method: "POST", path: `${workspace}/pipelines/validate`, action: "pipelines.read" },
    ...{ query: NoQuery, body: z.unknown(), takes: "document", status: 200 },
  },
  listRevisions: {
    ...read,
    ...{ path: `${workspace}/pipelines/{pipeline}/revisions`, action: "pipelines.read", query: PageQuery },
  },
  getRevision: { ...read, path: `${workspace}/pipelines/{pipeline}/revisions/{rev}`, action: "pipelines.read" },

  createDeployment: {
    ...{ method: "POST", path: `${workspace}/deployments`, action: "deployments.write" },
    ...{ query: NoQuery, body: DeploymentSpec, status: 201 },
  },
  listDeployments: { ...read, path: `${workspace}/deployments`, action: "deployments.read", query: PageQuery },
  getDeployment: { ...read, path: `${workspace}/deployments/{deployment}`, action: "deployments.read" },
  listTargets: {
    ...read,
    ...{ path: `${workspace}/deployments/{deployment}/targets`, action: "deployments.read", query: PageQuery },
  },
  deleteDeployment: { ...remove, path: `${workspace}/deployments/{deployment}`, action: "deployments.write" },
} as const satisfies Record<string, NetworkRoute>;
