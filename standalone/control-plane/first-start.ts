import { randomBytes } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quotaCounter } from "#core/model/quota.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { organizationClaim } from "#core/operations/find-organization.ts";
import type { Change } from "#core/ports.ts";

/**
 * Makes what a control plane on one machine begins with: the organization `default`, the fleet, and an admin key in
 * `<data>/admin-key`. Safe to repeat; a lost key file gets a new key, beside the old one.
 */
export async function firstStart(deps: Dependencies, data: string): Promise<void> {
  const { store, ids, clock, secrets } = deps;
  const createdAt = timestampOf(clock.now());
  const claim = organizationClaim("default");

  if (!(await store.get("claim", claim))) {
    const id = ids.next("org");
    await store.commit([
      { write: "put", was: 0, kind: "claim", value: { id: claim, owner: id } },
      { write: "put", was: 0, kind: "organization", value: { id, slug: "default", name: "Default", createdAt } },
      { write: "put", was: 0, kind: "fleet", value: { id: "fleet", epoch: 1 } },
    ]);
  }

  const file = join(data, "admin-key");
  if (existsSync(file)) return;
  const owner = (await store.get("claim", claim))?.value.owner ?? "";
  const organization = await store.get("organization", owner);
  if (!organization) throw new Error("The organization `default` is claimed but not there.");
  const id = `cpk_${randomBytes(6).toString("hex")}`;
  const key = `${id}_${secrets.random()}`;
  const record: Change = {
    write: "put",
    was: 0,
    kind: "api-key",
    value: {
      id,
      sha256: secrets.sha256(key),
      name: "admin",
      org: organization.value.id,
      role: "owner",
      platform: true,
      createdAt,
    },
  };
  // The record first: a key file always opens.
  await store.commit([record, { write: "count", counter: quotaCounter("keys", organization.value.id), by: 1 }]);
  writeFileSync(`${file}.new`, `${key}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
