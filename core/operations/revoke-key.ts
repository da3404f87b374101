import { apiKeyView, expectMayHandle, withoutKey } from "../model/api-key.ts";
import { expectMatch } from "../model/if-match.ts";
import type { Caller } from "../model/organization.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { tellNetworks } from "./keys-of-network.ts";
import { giveBackToQuota } from "./quota.ts";
import { findKey } from "./read-keys.ts";
import { repeatOnConflict } from "./repeat.ts";

/** DELETE /v1/orgs/{org}/keys/{key}: it opens nothing from then on, and the networks that it is for are told in the same write. */
export async function revokeKey(
  deps: Dependencies,
  caller: Caller,
  { id, ifMatch }: { id: string; ifMatch: string | undefined },
): Promise<void> {
  const { store, clock } = deps;
  await repeatOnConflict(async () => {
    const { value: key, version } = await findKey(store, caller, id);
    expectMayHandle(caller, key);
    expectMatch(version, ifMatch);
    const use = await store.get("api-key-use", key.id);
    await store.commit([
      { write: "remove", kind: "api-key", id: key.id, was: version },
      ...(use ? [{ write: "remove", kind: "api-key-use", id: key.id, was: use.version } as const] : []),
      // One that was replaced is counted with the one that took over.
      ...(key.replacedBy ? [] : await giveBackToQuota(store, key.org, "keys")),
      ...(await tellNetworks(deps, caller, key.networks ?? [], {
        change: (kept) => withoutKey(kept, key.id, clock.now()),
        message: `${caller.actor} revoked the key ${key.name} (${key.id}).`,
      })),
      auditOf(deps, caller, {
        action: "key.revoke",
        subject: key.id,
        before: apiKeyView(key, use?.value),
        after: null,
      }),
    ]);
  });
}
