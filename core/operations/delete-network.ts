import { Refusal } from "../errors.ts";
import { etagOf, type Network } from "../model/network.ts";
import { networkView } from "../model/network-view.ts";
import type { Caller } from "../model/organization.ts";
import { timestampOf } from "../model/time.ts";
import { auditOf, newOperation, supersede } from "./accept-change.ts";
import type { Accepted } from "./create-network.ts";
import type { Dependencies } from "./dependencies.ts";
import { findNetwork, readRecords } from "./read-network.ts";
import { repeatOnConflict } from "./repeat.ts";

/**
 * Records that the network should be gone. A repeat while it is going answers with the operation that is under way, so a
 * lost answer costs nothing; after a failed deletion it starts anew.
 */
export async function deleteNetwork(
  deps: Dependencies,
  caller: Caller,
  { id, ifMatch }: { id: string; ifMatch: string | undefined },
): Promise<Accepted> {
  const { store, ids, clock } = deps;
  return repeatOnConflict(async () => {
    const { value: before, version } = await findNetwork(store, caller, id);
    expectMatch(before, ifMatch);
    const records = await readRecords(store, before);
    const older = await store.get("operation", before.operation);
    if (before.deleting && older && older.value.state !== "failed")
      return { network: networkView(records, clock.now()), operation: older.value };

    const network: Network = {
      ...before,
      generation: before.generation + 1,
      deleting: true,
      operation: ids.next("op"),
      updatedAt: timestampOf(clock.now()),
    };
    const operation = newOperation(deps, caller, "delete", network);
    await store.commit([
      { write: "put", was: version, kind: "network", value: network },
      { write: "put", was: 0, kind: "operation", value: operation },
      ...supersede(older, operation, clock.now()),
      auditOf(deps, caller, { action: "network.delete", subject: network.id, before, after: network }),
    ]);
    return { network: networkView({ ...records, network, operation }, clock.now()), operation };
  });
}

/** R2: a change says which intent it was made from; `*` says that any will do. */
function expectMatch(network: Network, ifMatch: string | undefined): void {
  if (ifMatch === undefined)
    throw new Refusal(
      "if-match-required",
      `Send If-Match with the ETag you read (now ${etagOf(network)}), or * for whatever there is.`,
    );
  const tags = ifMatch.split(",").map((tag) => tag.trim());
  if (!tags.includes("*") && !tags.includes(etagOf(network)))
    throw new Refusal("version-mismatch", `The network is at ${etagOf(network)} now. Read it again and decide anew.`, {
      extra: { etag: etagOf(network) },
    });
}
