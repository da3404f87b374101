import { Refusal } from "../errors.ts";
import type { NetworkEvent } from "../model/event.ts";
import { NetworkId } from "../model/ids.ts";
import type { Operation } from "../model/operation.ts";
import type { Caller } from "../model/organization.ts";
import type { Dependencies } from "./dependencies.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/** GET /v1/networks/{net}/operations, newest first; also when the network is gone. */
export const listOperations = (
  deps: Dependencies,
  caller: Caller,
  network: string,
  query: ListQuery,
): Promise<ListedPage<Operation>> =>
  history(deps, caller, network, query, { kind: "operation", index: "operations-of-network" });

/** GET /v1/networks/{net}/events, newest first; also when the network is gone. */
export const listEvents = (
  deps: Dependencies,
  caller: Caller,
  network: string,
  query: ListQuery,
): Promise<ListedPage<NetworkEvent>> =>
  history(deps, caller, network, query, { kind: "network-event", index: "events-of-network" });

/** What happened to a network. Every network has a history from its first write on, so none at all means that there is none. */
async function history<K extends "operation" | "network-event">(
  { store }: Dependencies,
  caller: Caller,
  network: string,
  query: ListQuery,
  of: { kind: K; index: "operations-of-network" | "events-of-network" },
) {
  const known = NetworkId.safeParse(network).success;
  const page = known ? await readPage(store, { ...of, partition: network, descending: true }, query) : { items: [] };
  const foreign = page.items.some(({ org }) => org !== caller.org) && !caller.platform;
  if (foreign || (page.items.length === 0 && query.after === undefined))
    throw new Refusal("not-found", `There is no network ${network}.`);
  return page;
}
