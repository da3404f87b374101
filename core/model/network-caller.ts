import { isAtLeast, type Role } from "./role.ts";

/** Who calls an orchestrator: the holder of a network token or of a network key. */
export interface NetworkCaller {
  readonly subject: string;
  readonly role: Role;
  /** Only these; absent: all. */
  readonly workspaces?: readonly string[] | undefined;
}

/** What can be done in a network, and the weakest role that may. */
export const networkActions = {
  "workspaces.read": "viewer",
  "workspaces.write": "admin",
  "tokens.read": "operator",
  "tokens.write": "operator",
  "nodes.read": "viewer",
  "nodes.write": "operator",
  "nodes.remove": "operator",
  "pipelines.read": "viewer",
  "pipelines.write": "operator",
  "deployments.read": "viewer",
  "deployments.write": "operator",
} as const satisfies Record<string, Role>;
export type NetworkAction = keyof typeof networkActions;

/** `hidden`: this caller must not even learn whether the workspace exists. */
export type Permission = "allowed" | "forbidden" | "hidden";

/** `workspace` is the one that the call is about; absent where it is about the network. */
export function mayInNetwork(caller: NetworkCaller, action: NetworkAction, workspace?: string): Permission {
  if (workspace !== undefined && !canSee(caller, workspace)) return "hidden";
  const isBound = caller.workspaces !== undefined;
  // Who is bound to some workspaces may not make others, nor change the set.
  if (isBound && action === "workspaces.write") return "forbidden";
  return isAtLeast(caller.role, networkActions[action]) ? "allowed" : "forbidden";
}

export const canSee = ({ workspaces }: NetworkCaller, workspace: string): boolean =>
  workspaces === undefined || workspaces.includes(workspace);
