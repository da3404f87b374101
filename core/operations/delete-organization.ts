import { Refusal } from "../errors.ts";
import type { OrganizationId } from "../model/ids.ts";
import { expectMatch } from "../model/if-match.ts";
import type { Caller } from "../model/organization.ts";
import { CLOSED, quotaCounter } from "../model/quota.ts";
import type { Change, Store } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import { madeBy } from "./create-organization.ts";
import type { Dependencies } from "./dependencies.ts";
import { findVersionedOrganization, organizationClaim } from "./find-organization.ts";
import { memberClaim } from "./invite-member.ts";
import { readPage } from "./read-page.ts";
import { repeatOnConflict } from "./repeat.ts";

/** How many keys or members are removed in one write: up to three changes each, and a write has 100. */
const BATCH = 30;

/**
 * DELETE /v1/orgs/{org}, refused while it has networks. The one write that ends it also closes its counters, so that nothing can be
 * made in it any more. Its keys and members are cleared away after: by themselves they open nothing.
 */
export async function deleteOrganization(
  deps: Dependencies,
  caller: Caller,
  { org, ifMatch }: { org: string; ifMatch: string | undefined },
): Promise<void> {
  const { store } = deps;
  const id = await repeatOnConflict(async () => {
    const { value: before, version } = await findVersionedOrganization(store, caller, org);
    expectMatch(version, ifMatch);
    const networks = await store.countOf(quotaCounter("networks", before.id));
    if (networks > 0)
      throw new Refusal(
        "not-possible-now",
        `The organization has ${networks} ${networks === 1 ? "network" : "networks"}. Delete them first, and wait until they are gone.`,
        { extra: { networks } },
      );
    await expectNoPlatformKeys(store, before.id);
    const [claim, owners, quota] = await Promise.all([
      store.get("claim", organizationClaim(before.slug)),
      store.get("owners", before.id),
      store.get("quota", before.id),
    ]);
    const changes: Change[] = [
      { write: "remove", kind: "organization", id: before.id, was: version },
      // Passes only while there is not one network: any other number would be above the limit.
      { write: "count", counter: quotaCounter("networks", before.id), by: CLOSED, atMost: CLOSED },
      { write: "count", counter: quotaCounter("keys", before.id), by: CLOSED },
      { write: "count", counter: quotaCounter("members", before.id), by: CLOSED },
      auditOf(deps, caller, { action: "organization.delete", subject: before.id, before, after: null }),
    ];
    if (claim) changes.push({ write: "remove", kind: "claim", id: claim.value.id, was: claim.version });
    if (owners) changes.push({ write: "remove", kind: "owners", id: before.id, was: owners.version });
    if (quota) changes.push({ write: "remove", kind: "quota", id: before.id, was: quota.version });
    const made = madeBy(before.createdBy ?? "");
    if ((await store.countOf(made)) > 0) changes.push({ write: "count", counter: made, by: -1 });
    await store.commit(changes);
    return before.id;
  });
  await clear(deps, id, "keys-of-organization", keyChanges);
  await clear(deps, id, "members-of-organization", memberChanges);
}

/** Whoever deletes the organization that the platform's own keys belong to would lock its operators out. */
async function expectNoPlatformKeys(store: Store, org: OrganizationId): Promise<void> {
  for (let after: string | undefined; ; ) {
    const page = await readPage(
      store,
      { kind: "api-key", index: "keys-of-organization", partition: org },
      { limit: 200, after },
    );
    const key = page.items.find(({ platform }) => platform);
    if (key)
      throw new Refusal(
        "not-possible-now",
        `The organization has the key ${key.name} (${key.id}) of the platform's operators. Revoke it first, with another such key.`,
      );
    if (page.next === undefined) return;
    after = page.next;
  }
}

async function clear(
  deps: Dependencies,
  org: OrganizationId,
  index: "keys-of-organization" | "members-of-organization",
  changesOf: (deps: Dependencies, ids: readonly string[]) => Promise<Change[]>,
): Promise<void> {
  for (let after: string | undefined; ; ) {
    const listed = await deps.store.list(index, org, { limit: BATCH, ...(after === undefined ? {} : { after }) });
    const ids = listed.map(({ id }) => id);
    await repeatOnConflict(async () => deps.store.commit(await changesOf(deps, ids)));
    if (listed.length < BATCH) return;
    after = listed.at(-1)?.sort;
  }
}

async function keyChanges({ store }: Dependencies, ids: readonly string[]): Promise<Change[]> {
  const [keys, uses] = await Promise.all([store.getMany("api-key", ids), store.getMany("api-key-use", ids)]);
  return [
    ...keys.map(({ value, version }) => ({ write: "remove", kind: "api-key", id: value.id, was: version }) as const),
    ...uses.map(
      ({ value, version }) => ({ write: "remove", kind: "api-key-use", id: value.key, was: version }) as const,
    ),
  ];
}

async function memberChanges({ store }: Dependencies, ids: readonly string[]): Promise<Change[]> {
  const members = await store.getMany("member", ids);
  const claims = await store.getMany(
    "claim",
    members.map(({ value }) => memberClaim(value.org, value.email)),
  );
  return [
    ...members.map(({ value, version }) => ({ write: "remove", kind: "member", id: value.id, was: version }) as const),
    ...claims.map(({ value, version }) => ({ write: "remove", kind: "claim", id: value.id, was: version }) as const),
  ];
}
