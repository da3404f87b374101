import { apiKeyIdOf } from "../model/api-key.ts";
import type { OrganizationId } from "../model/ids.ts";
import { quotaCounter } from "../model/quota.ts";
import { timestampOf } from "../model/time.ts";
import { beginReleases } from "./begin-releases.ts";
import { newSecret } from "./create-key.ts";
import type { Dependencies } from "./dependencies.ts";
import { organizationClaim } from "./find-organization.ts";

type Needs = Pick<Dependencies, "store" | "ids" | "clock" | "secrets">;

/** Where a key waits for whoever it was made for. */
export interface KeyPlace {
  read(): Promise<string | undefined>;
  keep(key: string): Promise<void>;
}

/** The admin key is for whoever runs the platform; the canary's is for its networks alone, where there is a canary. */
export interface KeyPlaces {
  readonly admin: KeyPlace;
  readonly canary?: KeyPlace;
}

/** What the first keys are. */
const firstKeys = {
  admin: { name: "admin", role: "owner", platform: true },
  canary: { name: "canary", role: "operator", platform: false },
} as const;

/**
 * Makes what a fleet begins with: its record, the built-in release, the organization `default`, and a key that is owner of it and
 * platform operator. Safe to repeat; a key that is lost or was revoked gets a new one in its place.
 */
export async function beginFleet(deps: Needs, places: KeyPlaces, home?: string): Promise<void> {
  const { store } = deps;
  if (!(await store.get("fleet", "fleet")))
    await store.commit([
      { write: "put", was: 0, kind: "fleet", value: { id: "fleet", epoch: 1, ...(home ? { home } : {}) } },
    ]);
  await beginReleases(deps);
  for (const which of ["admin", "canary"] as const) {
    const place = places[which];
    const kept = await place?.read();
    if (!place || (kept !== undefined && (await opens(deps, kept)))) continue;
    // The record is there before the key is: a key that is kept always opens.
    await place.keep(await newKey(deps, await organizationOf(deps), firstKeys[which]));
  }
}

async function opens({ store, secrets }: Needs, key: string): Promise<boolean> {
  const id = apiKeyIdOf(key);
  return id !== undefined && (await store.get("api-key", id))?.value.sha256 === secrets.sha256(key);
}

/** The organization of the admin key: `default`, or whatever that is called by now, or else a new one. */
async function organizationOf({ store, ids, clock }: Needs): Promise<OrganizationId> {
  const claim = organizationClaim("default");
  const known = (await store.get("claim", claim))?.value.owner;
  const [first] = await store.list("organizations", "all", { limit: 1 });
  const owner = known ?? first?.id;
  const found = owner === undefined ? undefined : await store.get("organization", owner);
  if (found) return found.value.id;

  const id = ids.next("org");
  const createdAt = timestampOf(clock.now());
  await store.commit([
    { write: "put", was: 0, kind: "claim", value: { id: claim, owner: id } },
    { write: "put", was: 0, kind: "organization", value: { id, slug: "default", name: "Default", createdAt } },
  ]);
  return id;
}

async function newKey(
  deps: Needs,
  org: OrganizationId,
  what: (typeof firstKeys)[keyof typeof firstKeys],
): Promise<string> {
  const { id, secret, sha256 } = newSecret(deps);
  const createdAt = timestampOf(deps.clock.now());
  await deps.store.commit([
    {
      write: "put",
      was: 0,
      kind: "api-key",
      value: { id, sha256, ...what, org, createdAt },
    },
    { write: "count", counter: quotaCounter("keys", org), by: 1 },
  ]);
  return secret;
}
