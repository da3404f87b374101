import { Refusal } from "../errors.ts";
import { etagOf, type Network } from "../model/network.ts";
import { networkView } from "../model/network-view.ts";
import type { Operation } from "../model/operation.ts";
import type { Caller } from "../model/organization.ts";
import { timestampOf } from "../model/time.ts";
import type { Change, Versioned } from "../ports.ts";
import { acceptChange } from "./accept-change.ts";
import type { Accepted } from "./create-network.ts";
import type { Dependencies } from "./dependencies.ts";
import { findNetwork, readRecords } from "./read-network.ts";
import { repeatOnConflict } from "./repeat.ts";

/** What somebody wants of a network that is there. */
export interface IntentChange {
  readonly kind: Operation["kind"];
  /** The members of the intent that differ from now on. */
  readonly to: Partial<Network>;
  readonly message: string;
  /** The new generation is above this one too: a cell has seen it, and intent has forgotten. */
  readonly above?: number;
  /** Further writes that belong to it: a claim on a new name. */
  readonly changes?: readonly Change[];
}

/**
 * Changes the intent of a network that is there: one generation up, with an operation of its own, superseding whatever was under
 * way. `decide` is given a fresh read, and answers undefined where nothing has to be done: then the present state is the answer.
 */
export async function changeIntent(
  deps: Dependencies,
  caller: Caller,
  { id, ifMatch }: { readonly id: string; readonly ifMatch: string | undefined },
  decide: (
    network: Network,
    newest: Versioned<Operation>,
  ) => Promise<IntentChange | undefined> | IntentChange | undefined,
): Promise<Accepted> {
  const { store, ids, clock } = deps;
  return repeatOnConflict(async () => {
    const before = await findNetwork(store, caller, id);
    expectMatch(before.value, ifMatch);
    const records = await readRecords(store, before.value);
    const older = await store.get("operation", before.value.operation);
    if (!older) throw new Error(`${before.value.operation} is gone, but ${id} names it`);

    const change = await decide(before.value, older);
    if (!change) return { network: networkView(records, clock.now()), operation: older.value };

    const after: Network = {
      ...before.value,
      ...change.to,
      generation: Math.max(before.value.generation, change.above ?? 0) + 1,
      operation: ids.next("op"),
      updatedAt: timestampOf(clock.now()),
    };
    const { kind, message } = change;
    const { operation, changes } = acceptChange(deps, caller, { kind, before, after, older, message });
    await store.commit([...changes, ...(change.changes ?? [])]);
    return { network: networkView({ ...records, network: after, operation }, clock.now()), operation };
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

/** Refuses a change of what is on its way out. */
export function expectNotDeleting(network: Network): void {
  if (network.deleting)
    throw new Refusal("not-possible-now", `${network.name} is being deleted; it can only be watched.`);
}
