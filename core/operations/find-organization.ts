import { Refusal } from "../errors.ts";
import { OrganizationId } from "../model/ids.ts";
import type { Caller, Organization } from "../model/organization.ts";
import type { Store, Versioned } from "../ports.ts";

/** The organization that a path names by id or slug. What is not the caller's does not exist for them. */
export async function findOrganization(store: Store, caller: Caller, idOrSlug: string): Promise<Organization> {
  return (await findVersionedOrganization(store, caller, idOrSlug)).value;
}

/** The same, with its version: for who changes it. */
export async function findVersionedOrganization(
  store: Store,
  caller: Caller,
  idOrSlug: string,
): Promise<Versioned<Organization>> {
  const parsed = OrganizationId.safeParse(idOrSlug);
  const id = parsed.success ? parsed.data : (await store.get("claim", organizationClaim(idOrSlug)))?.value.owner;
  const found = id === caller.org ? await store.get("organization", id) : undefined;
  if (!found) throw new Refusal("not-found", `There is no organization ${idOrSlug} that you belong to.`);
  return found;
}

export const organizationClaim = (slug: string): string => `organization/${slug}`;
