import { Refusal } from "../errors.ts";
import { NetworkId, OperationId, OrganizationId } from "../model/ids.ts";
import { type Action, mayI, membershipIn, type Resource, scopeOf } from "../model/may-i.ts";
import { type Caller, callerIn, type Principal } from "../model/organization.ts";
import type { Store } from "../ports.ts";
import { organizationClaim } from "./find-organization.ts";

/** Whose trail it is when an operator of the platform, who belongs to no organization, acts on what belongs to none. */
export const PLATFORM = OrganizationId.parse(`org_${"0".repeat(26)}`);

export type PathParameters = Readonly<Record<string, string | undefined>>;

/**
 * Refuses what a principal may not do to what a path names, and answers as whom they act: in the organization that it belongs to.
 * What is somebody else's is refused as what is not there, after the same reads. Undefined where it is about no organization.
 */
export async function authorize(
  store: Store,
  principal: Principal,
  action: Action,
  params: PathParameters,
): Promise<Caller | undefined> {
  const scope = scopeOf(action);
  if (scope === "public" || scope === "self") return undefined;
  if (scope === "platform" && mayI(principal, action, {}) !== "allowed")
    throw new Refusal("forbidden", "Only operators of the platform may do this.");

  const resource = await resourceOf(store, action, params);
  switch (mayI(principal, action, resource)) {
    case "hidden":
      throw absent(params);
    case "forbidden":
      throw new Refusal("forbidden", forbidden(principal, resource));
    case "allowed":
      break;
  }
  if (resource.org) return callerIn(principal, memberOf(principal, resource.org));
  if (params.org) throw absent(params);
  return callerIn(principal, { org: principal.memberships[0]?.org ?? PLATFORM, role: "owner" });
}

/** Whose a path's subject is. The same reads whether it is there or not. */
async function resourceOf(store: Store, action: Action, { org, net, op }: PathParameters): Promise<Resource> {
  if (org !== undefined) return { org: await organizationIdOf(store, org) };
  if (op !== undefined) {
    const found = OperationId.safeParse(op).success ? await store.get("operation", op) : undefined;
    return { org: found?.value.org, network: found?.value.network };
  }
  const id = NetworkId.safeParse(net);
  if (!id.success) return {};
  if (scopeOf(action) === "history") return { org: await historyOwner(store, id.data), network: id.data };
  const found = await store.get("network", id.data);
  return { org: found?.value.org, network: found?.value.id };
}

/** A path names an organization by its id or its slug. */
async function organizationIdOf(store: Store, idOrSlug: string): Promise<OrganizationId | undefined> {
  const id = OrganizationId.safeParse(idOrSlug);
  if (id.success) return id.data;
  const claim = await store.get("claim", organizationClaim(idOrSlug));
  return claim && OrganizationId.parse(claim.value.owner);
}

/** Whose network it is or was: its operations outlive it. */
async function historyOwner(store: Store, network: NetworkId): Promise<OrganizationId | undefined> {
  const [newest] = await store.list("operations-of-network", network, { limit: 1, descending: true });
  return (await store.get("operation", newest?.id ?? network))?.value.org;
}

/** `mayI` has said that there is one, but for what only operators of the platform may do: they are owners everywhere. */
const memberOf = (principal: Principal, org: OrganizationId) =>
  membershipIn(principal, org) ?? { org, role: "viewer" as const };

const forbidden = (principal: Principal, { org }: Resource): string =>
  principal.networks
    ? `This key is for ${principal.networks.join(", ")} with the role ${principal.memberships[0]?.role}; that does not allow this.`
    : `Your role is ${org && membershipIn(principal, org)?.role}; it does not allow this. Ask an owner or admin of the organization.`;

function absent({ org, net, op }: PathParameters): Refusal {
  const what =
    org !== undefined
      ? `organization ${org} that you belong to`
      : op === undefined
        ? `network ${net}`
        : `operation ${op}`;
  return new Refusal("not-found", `There is no ${what}.`);
}
