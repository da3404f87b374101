import { expectMatch } from "../model/if-match.ts";
import type { Caller, Organization, OrganizationPatch } from "../model/organization.ts";
import type { Change, Versioned } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import { expectFree } from "./create-organization.ts";
import type { Dependencies } from "./dependencies.ts";
import { findVersionedOrganization, organizationClaim } from "./find-organization.ts";
import { repeatOnConflict } from "./repeat.ts";

/** PATCH /v1/orgs/{org}. A slug that is given up is free for anybody at once. */
export async function updateOrganization(
  deps: Dependencies,
  caller: Caller,
  { org, patch, ifMatch }: { org: string; patch: OrganizationPatch; ifMatch: string | undefined },
): Promise<Versioned<Organization>> {
  const { store } = deps;
  return repeatOnConflict(async () => {
    const before = await findVersionedOrganization(store, caller, org);
    expectMatch(before.version, ifMatch);
    const { name = before.value.name, slug = before.value.slug } = patch;
    const after: Organization = { ...before.value, name, slug };
    await store.commit([
      { write: "put", was: before.version, kind: "organization", value: after },
      ...(slug === before.value.slug ? [] : await renamed(deps, before.value, slug)),
      auditOf(deps, caller, {
        action: "organization.update",
        subject: after.id,
        before: before.value,
        after,
      }),
    ]);
    return { value: after, version: before.version + 1 };
  });
}

async function renamed(deps: Dependencies, { id, slug }: Organization, to: string): Promise<Change[]> {
  await expectFree(deps, to);
  const old = await deps.store.get("claim", organizationClaim(slug));
  return [
    { write: "put", was: 0, kind: "claim", value: { id: organizationClaim(to), owner: id } },
    ...(old ? [{ write: "remove", kind: "claim", id: organizationClaim(slug), was: old.version } as const] : []),
  ];
}
