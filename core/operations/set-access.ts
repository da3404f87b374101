import { expectMatch } from "../model/if-match.ts";
import { type AccessEntry, changeAccess, noAccess } from "../model/network-access.ts";
import type { Caller } from "../model/organization.ts";
import { auditOf } from "./accept-change.ts";
import { changeIntent, expectNotDeleting } from "./change-intent.ts";
import type { Dependencies } from "./dependencies.ts";
import { type AccessView, readAccess } from "./read-access.ts";

/** The list as it is now, and the operation that takes it to the cell. */
export interface AccessChange extends AccessView {
  readonly operation: string;
}

/**
 * PUT /v1/networks/{net}/access: who may do how much in the network. A new generation, which its cell is given at once and restarts
 * nothing; the same entries again make none.
 */
export async function setAccess(
  deps: Dependencies,
  caller: Caller,
  { id, ifMatch, entries }: { id: string; ifMatch: string | undefined; entries: readonly AccessEntry[] },
): Promise<AccessChange> {
  const { operation } = await changeIntent(deps, caller, { id, ifMatch: "*" }, async (network) => {
    expectNotDeleting(network);
    const known = await deps.store.get("network-access", network.id);
    expectMatch(known?.version ?? 0, ifMatch);
    const before = known?.value ?? noAccess(network.id);
    const after = changeAccess(before, entries, deps.clock.now());
    if (!after) return undefined;
    return {
      kind: "update",
      to: {},
      message: `${caller.actor} changed who may call it.`,
      changes: [
        { write: "put", was: known?.version ?? 0, kind: "network-access", value: after },
        auditOf(deps, caller, {
          action: "network.access",
          subject: network.id,
          org: network.org,
          before: before.entries,
          after: after.entries,
        }),
      ],
    };
  });
  return { ...(await readAccess(deps, caller, id)), operation: operation.id };
}
