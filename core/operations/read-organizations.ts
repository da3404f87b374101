import { membershipIn } from "../model/may-i.ts";
import type { Caller, Organization, OrganizationOf, Principal } from "../model/organization.ts";
import type { Store, Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { findVersionedOrganization } from "./find-organization.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/** GET /v1/orgs/{org} */
export const readOrganization = (
  { store }: Pick<Dependencies, "store">,
  caller: Caller,
  org: string,
): Promise<Versioned<Organization>> => findVersionedOrganization(store, caller, org);

/** GET /v1/orgs, in order of creation: those one belongs to; all of them for an operator of the platform. */
export async function listOrganizations(
  { store }: Pick<Dependencies, "store">,
  principal: Principal,
  query: ListQuery,
): Promise<ListedPage<OrganizationOf>> {
  if (principal.platform) {
    const { items, ...page } = await readPage(
      store,
      { kind: "organization", index: "organizations", partition: "all" },
      query,
    );
    return { ...page, items: items.map((organization) => ({ ...organization, role: "owner" as const })) };
  }
  const mine = principal.memberships
    .map(({ org }) => org)
    .filter((org) => query.after === undefined || org > query.after)
    .sort();
  const page = mine.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: await organizationsOf(store, principal, page),
    ...(mine.length > query.limit && last ? { next: last } : {}),
  };
}

/** The organizations of these ids, each with what the principal is in it. */
export async function organizationsOf(
  store: Store,
  principal: Principal,
  ids: readonly string[],
): Promise<OrganizationOf[]> {
  const found = await store.getMany("organization", ids);
  return found.map(({ value }) => ({ ...value, role: membershipIn(principal, value.id)?.role ?? "viewer" }));
}
