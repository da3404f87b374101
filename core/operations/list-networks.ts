import { type NetworkView, networkView } from "../model/network-view.ts";
import type { Caller } from "../model/organization.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { readRecords } from "./read-network.ts";

export interface ListQuery {
  readonly limit: number;
  readonly after: string | undefined;
}

export interface ListedPage<T> {
  readonly items: readonly T[];
  /** Sort key to go on after; absent on the last page. */
  readonly next?: string;
}

/** GET /v1/orgs/{org}/networks, in order of creation. */
export async function listNetworks(
  { store, clock }: Dependencies,
  caller: Caller,
  org: string,
  { limit, after }: ListQuery,
): Promise<ListedPage<NetworkView>> {
  const { id } = await findOrganization(store, caller, org);
  const listed = await store.list("networks-by-creation", id, {
    limit: limit + 1,
    ...(after === undefined ? {} : { after }),
  });
  const page = listed.slice(0, limit);
  const networks = await store.getMany(
    "network",
    page.map((entry) => entry.id),
  );
  const records = await Promise.all(networks.map(({ value }) => readRecords(store, value)));
  const last = page.at(-1);
  return {
    items: records.map((record) => networkView(record, clock.now())),
    ...(listed.length > limit && last ? { next: last.sort } : {}),
  };
}
