import type { NetworkId, OrganizationId } from "./ids.ts";
import type { Permission } from "./network-caller.ts";
import type { Membership, Principal } from "./organization.ts";
import { isAtLeast, type Role } from "./role.ts";

/**
 * What an action is about: nothing (`public`: anybody; `self`: whoever is signed in; `platform`: its operators), an organization,
 * or one network of it (`network`; `history`: the same when the network is gone).
 */
export type Scope = "public" | "self" | "platform" | "organization" | "network" | "history";

interface Rule {
  readonly scope: Scope;
  /** The weakest role that may. */
  readonly needs?: Role;
}

const platform = { scope: "platform" } as const;

/** Everything that can be done by the hosted API, and who may. Every route names one. */
export const actions = {
  "health.read": { scope: "public" },
  "reference.read": { scope: "public" },
  "cells.join": { scope: "public" },

  "me.read": { scope: "self" },
  "catalogue.read": { scope: "self" },
  "organizations.list": { scope: "self" },
  "organizations.create": { scope: "self" },

  "organization.read": { scope: "organization", needs: "viewer" },
  "organization.write": { scope: "organization", needs: "admin" },
  "organization.delete": { scope: "organization", needs: "owner" },
  "members.read": { scope: "organization", needs: "viewer" },
  "members.write": { scope: "organization", needs: "admin" },
  /** Everybody may take themselves out; anybody else needs `members.write`. */
  "members.leave": { scope: "organization", needs: "viewer" },
  "keys.read": { scope: "organization", needs: "operator" },
  "keys.write": { scope: "organization", needs: "operator" },
  "audit.read": { scope: "organization", needs: "admin" },
  "quota.read": { scope: "organization", needs: "viewer" },
  "quota.write": platform,
  "usage.read": { scope: "organization", needs: "viewer" },

  "networks.list": { scope: "organization", needs: "viewer" },
  "networks.create": { scope: "organization", needs: "operator" },
  "networks.read": { scope: "network", needs: "viewer" },
  "networks.write": { scope: "network", needs: "operator" },
  "networks.delete": { scope: "network", needs: "operator" },
  "networks.history": { scope: "history", needs: "viewer" },
  "networks.token": { scope: "network", needs: "viewer" },
  "access.read": { scope: "network", needs: "operator" },
  "access.write": { scope: "network", needs: "admin" },
  "operations.read": { scope: "network", needs: "viewer" },
  "operations.write": { scope: "network", needs: "operator" },

  "fleet.read": platform,
  "fleet.write": platform,
  "releases.write": platform,
  "rollouts.read": platform,
  "rollouts.write": platform,
  "cells.read": platform,
  "cells.write": platform,
  "operations.force": platform,
} as const satisfies Record<string, Rule>;

export type Action = keyof typeof actions;
type Scoped<S extends Scope> = { [A in Action]: (typeof actions)[A]["scope"] extends S ? A : never }[Action];
export type PublicAction = Scoped<"public">;
export type SelfAction = Scoped<"self">;

export const scopeOf = (action: Action): Scope => actions[action].scope;

/** What an action is done to: whose it is, and which network of theirs; both undefined where there is no such thing. */
export interface Resource {
  readonly org?: OrganizationId | undefined;
  readonly network?: NetworkId | undefined;
}

/** What a principal is in an organization. Operators of the platform are owners everywhere. */
export function membershipIn({ memberships, platform }: Principal, org: OrganizationId): Membership | undefined {
  return platform ? { org, role: "owner" } : memberships.find((membership) => membership.org === org);
}

/**
 * Whether a principal may do this. `hidden`: they must not even learn whether it is there. `undefined` stands for somebody who is
 * not signed in.
 */
export function mayI(principal: Principal | undefined, action: Action, { org, network }: Resource): Permission {
  const rule: Rule = actions[action];
  if (rule.scope === "public") return "allowed";
  if (!principal) return "forbidden";
  if (rule.scope === "self") return "allowed";
  if (rule.scope === "platform") return principal.platform ? "allowed" : "forbidden";

  const membership = org && membershipIn(principal, org);
  if (!membership) return "hidden";
  if (principal.networks && rule.scope !== "organization" && !isAmong(network, principal.networks)) return "hidden";
  // A key for some networks speaks for these, not for their organization.
  if (principal.networks && rule.scope === "organization") return "forbidden";
  return isAtLeast(membership.role, rule.needs ?? "owner") ? "allowed" : "forbidden";
}

const isAmong = (network: NetworkId | undefined, networks: readonly NetworkId[]): boolean =>
  network !== undefined && networks.includes(network);
