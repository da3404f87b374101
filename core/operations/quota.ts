import { Refusal } from "../errors.ts";
import type { OrganizationId } from "../model/ids.ts";
import { expectMatch } from "../model/if-match.ts";
import type { Caller } from "../model/organization.ts";
import { CLOSED, type Counted, defaultQuota, type QuotaSpec, quotaCounter, quotaExceeded } from "../model/quota.ts";
import type { Change, Store, Versioned } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { repeatOnConflict } from "./repeat.ts";

/** What an organization may have; version 0 while nobody has set it. */
export async function quotaOf(store: Store, id: OrganizationId): Promise<Versioned<QuotaSpec>> {
  const found = await store.get("quota", id);
  if (!found) return { value: defaultQuota, version: 0 };
  const { org, ...quota } = found.value;
  return { value: quota, version: found.version };
}

/**
 * The write that counts one more, refused when the quota is reached: here where that is known, and by the store where somebody takes
 * the last one at the same time. Belongs into the write that makes the thing, within `repeatOnConflict`.
 */
export async function takeOfQuota(store: Store, org: OrganizationId, what: Counted): Promise<Change> {
  const counter = quotaCounter(what, org);
  const [used, { value: quota }] = await Promise.all([store.countOf(counter), quotaOf(store, org)]);
  if (used >= CLOSED) throw new Refusal("not-found", "The organization was deleted.");
  const limit = quota[what];
  if (used >= limit) throw quotaExceeded(what, used, limit);
  return { write: "count", counter, by: 1, atMost: limit };
}

/** The write that counts one less. Nothing where nothing was counted: what was made before there were quotas can be removed too. */
export async function giveBackToQuota(store: Store, org: OrganizationId, what: Counted): Promise<Change[]> {
  const counter = quotaCounter(what, org);
  return (await store.countOf(counter)) > 0 ? [{ write: "count", counter, by: -1 }] : [];
}

/** GET /v1/orgs/{org}/quota */
export async function readQuota({ store }: Dependencies, caller: Caller, org: string): Promise<Versioned<QuotaSpec>> {
  const { id } = await findOrganization(store, caller, org);
  return quotaOf(store, id);
}

/** PUT /v1/orgs/{org}/quota. What is above a lowered limit stays; only more of it is refused. */
export async function setQuota(
  deps: Dependencies,
  caller: Caller,
  { org, quota, ifMatch }: { org: string; quota: QuotaSpec; ifMatch: string | undefined },
): Promise<Versioned<QuotaSpec>> {
  requirePlatform(caller);
  const { store } = deps;
  const { id } = await findOrganization(store, caller, org);
  return repeatOnConflict(async () => {
    const before = await quotaOf(store, id);
    expectMatch(before.version, ifMatch);
    await store.commit([
      { write: "put", was: before.version, kind: "quota", value: { ...quota, org: id } },
      auditOf(deps, caller, { action: "quota.set", subject: id, before: before.value, after: quota }),
    ]);
    return { value: quota, version: before.version + 1 };
  });
}
