import type { NetworkKey } from "../model/access.ts";
import { type KeysOfNetwork, networkKeyOf } from "../model/api-key.ts";
import type { NetworkId } from "../model/ids.ts";
import type { Network } from "../model/network.ts";
import type { Caller } from "../model/organization.ts";
import { invalidInput } from "../model/parse.ts";
import { timestampOf } from "../model/time.ts";
import type { Change, Store, Versioned } from "../ports.ts";
import { acceptChange } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";

/** The API keys that one network accepts, as its cell is told. */
export async function accessKeysOf(store: Store, network: NetworkId): Promise<NetworkKey[]> {
  const found = await store.get("keys-of-network", network);
  const keys = await store.getMany("api-key", found?.value.keys ?? []);
  return keys.map(({ value }) => networkKeyOf(value));
}

/** Whose tokens of before one network refuses, as its cell is told. */
export const revokedOf = async (store: Store, network: NetworkId): Promise<KeysOfNetwork["revoked"]> =>
  (await store.get("keys-of-network", network))?.value.revoked ?? [];

/** What becomes of the keys of a network. */
export type KeyChange = (kept: KeysOfNetwork) => KeysOfNetwork;

/**
 * The writes that tell networks of a change of their keys: each gets a new generation, which its cell is given. One that is gone or
 * going needs to be told nothing.
 */
export async function tellNetworks(
  deps: Dependencies,
  caller: Caller,
  networks: readonly NetworkId[],
  { change, message }: { change: KeyChange; message: string },
): Promise<Change[]> {
  const found = await deps.store.getMany("network", networks);
  const changes = await Promise.all(
    found
      .filter(({ value }) => value.org === caller.org && !value.deleting)
      .map((before) => tellNetwork(deps, caller, before, { change, message })),
  );
  return changes.flat();
}

async function tellNetwork(
  deps: Dependencies,
  caller: Caller,
  before: Versioned<Network>,
  { change, message }: { change: KeyChange; message: string },
): Promise<Change[]> {
  const { store, ids, clock } = deps;
  const network = before.value.id;
  const [known, older] = await Promise.all([
    store.get("keys-of-network", network),
    store.get("operation", before.value.operation),
  ]);
  const after: Network = {
    ...before.value,
    generation: before.value.generation + 1,
    operation: ids.next("op"),
    updatedAt: timestampOf(clock.now()),
  };
  const kept = change(known?.value ?? { network, keys: [], revoked: [] });
  return [
    ...acceptChange(deps, caller, { kind: "update", before, after, older, message }).changes,
    { write: "put", was: known?.version ?? 0, kind: "keys-of-network", value: kept },
  ];
}

/** Refuses networks that are not the organization's; those of others are refused as what is not there. */
export async function expectNetworks(store: Store, caller: Caller, networks: readonly NetworkId[]): Promise<void> {
  const found = await store.getMany("network", networks);
  const own = new Set(
    found.filter(({ value }) => value.org === caller.org && !value.deleting).map(({ value }) => value.id),
  );
  const errors = networks.flatMap((network, index) =>
    own.has(network) ? [] : [{ path: `networks.${index}`, message: `there is no network ${network}` }],
  );
  if (errors.length > 0) throw invalidInput(errors);
}
