import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiKeyIdOf } from "#core/model/api-key.ts";
import type { OrganizationId } from "#core/model/ids.ts";
import { quotaCounter } from "#core/model/quota.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { organizationClaim } from "#core/operations/find-organization.ts";

/**
 * Makes what a control plane on one machine begins with: the fleet, the organization `default`, and an admin key in
 * `<data>/admin-key`. Safe to repeat; a key file that is lost, or whose key was revoked, gets a new key.
 */
export async function firstStart(deps: Dependencies, data: string): Promise<void> {
  const { store } = deps;
  if (!(await store.get("fleet", "fleet")))
    await store.commit([{ write: "put", was: 0, kind: "fleet", value: { id: "fleet", epoch: 1 } }]);

  const file = join(data, "admin-key");
  if (existsSync(file) && (await opens(deps, readFileSync(file, "utf8").trim()))) return;
  const key = await newAdminKey(deps, await homeOf(deps));
  // The record is there before the file is: a key file always opens.
  writeFileSync(`${file}.new`, `${key}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

async function opens({ store, secrets }: Dependencies, key: string): Promise<boolean> {
  const id = apiKeyIdOf(key);
  return id !== undefined && (await store.get("api-key", id))?.value.sha256 === secrets.sha256(key);
}

/** The organization of the admin key: `default`, or whatever that is called by now, or else a new one. */
async function homeOf({ store, ids, clock }: Dependencies): Promise<OrganizationId> {
  const claim = organizationClaim("default");
  const known = (await store.get("claim", claim))?.value.owner;
  const [first] = await store.list("organizations", "all", { limit: 1 });
  const found = await store.get("organization", known ?? first?.id ?? "");
  if (found) return found.value.id;

  const id = ids.next("org");
  const createdAt = timestampOf(clock.now());
  await store.commit([
    { write: "put", was: 0, kind: "claim", value: { id: claim, owner: id } },
    { write: "put", was: 0, kind: "organization", value: { id, slug: "default", name: "Default", createdAt } },
  ]);
  return id;
}

async function newAdminKey({ store, clock, secrets }: Dependencies, org: OrganizationId): Promise<string> {
  const id = `cpk_${randomBytes(6).toString("hex")}`;
  const key = `${id}_${secrets.random()}`;
  const sha256 = secrets.sha256(key);
  const createdAt = timestampOf(clock.now());
  await store.commit([
    {
      write: "put",
      was: 0,
      kind: "api-key",
      value: { id, sha256, name: "admin", org, role: "owner", platform: true, createdAt },
    },
    { write: "count", counter: quotaCounter("keys", org), by: 1 },
  ]);
  return key;
}
