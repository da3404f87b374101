import type { MemberId, OrganizationId } from "../model/ids.ts";
import { ownersAfter } from "../model/member.ts";
import type { Role } from "../model/role.ts";
import type { Change, Store } from "../ports.ts";

/**
 * The write that keeps count of an organization's owners when a member becomes `role` (undefined: leaves). Two of the last owners who
 * leave at once meet in this record, so one of them is refused.
 */
export async function ownershipOf(
  store: Store,
  org: OrganizationId,
  member: MemberId,
  role: Role | undefined,
): Promise<Change[]> {
  const found = await store.get("owners", org);
  const owners = ownersAfter(found?.value ?? { org, members: [] }, member, role);
  return [{ write: "put", was: found?.version ?? 0, kind: "owners", value: owners }];
}
