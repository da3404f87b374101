import { Refusal } from "../errors.ts";
import { NetworkId } from "../model/ids.ts";
import type { Network } from "../model/network.ts";
import { type NetworkRecords, type NetworkView, networkView } from "../model/network-view.ts";
import type { Caller } from "../model/organization.ts";
import type { Store, Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";

/** A network of the caller's organization, with its version. Anybody else's does not exist for them. */
export async function findNetwork(store: Store, caller: Caller, id: string): Promise<Versioned<Network>> {
  const found = NetworkId.safeParse(id).success ? await store.get("network", id) : undefined;
  if (!found || (found.value.org !== caller.org && !caller.platform))
    throw new Refusal("not-found", `There is no network ${id}.`);
  return found;
}

/** All that is recorded about a network. */
export async function readRecords(store: Store, network: Network): Promise<NetworkRecords> {
  const [placement, status, operation] = await Promise.all([
    store.get("placement", network.id),
    store.get("network-status", network.id),
    store.get("operation", network.operation),
  ]);
  const report = placement && (await store.get("cell-report", placement.value.cell));
  return {
    network,
    placement: placement?.value,
    status: status?.value,
    report: report?.value,
    operation: operation?.value,
  };
}

/** GET /v1/networks/{net} */
export async function readNetwork({ store, clock }: Dependencies, caller: Caller, id: string): Promise<NetworkView> {
  const { value } = await findNetwork(store, caller, id);
  return networkView(await readRecords(store, value), clock.now());
}
