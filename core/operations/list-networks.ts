import type { Network } from "../model/network.ts";
import { isWanted, type NetworkFilter } from "../model/network-filter.ts";
import { type NetworkView, networkView } from "../model/network-view.ts";
import type { Caller } from "../model/organization.ts";
import { SHARDS } from "../model/records.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { readRecords } from "./read-network.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/**
 * How many networks one request looks at for a filter that no index serves. A page may come back short, or empty, with a `next`:
 * asking on costs as much again, and the answer says how many were looked at.
 */
const MOST_LOOKED_AT = 1_000;

export interface NetworkListQuery extends ListQuery {
  readonly filter: NetworkFilter;
  readonly sort: "createdAt" | "name";
}

export interface NetworkPage extends ListedPage<NetworkView> {
  readonly lookedAt: number;
}

type ReadNetworks = (query: ListQuery) => Promise<ListedPage<Network>>;

/** GET /v1/orgs/{org}/networks, in order of creation or of name. */
export async function listNetworks(
  deps: Dependencies,
  caller: Caller,
  org: string,
  query: NetworkListQuery,
): Promise<NetworkPage> {
  const { id } = await findOrganization(deps.store, caller, org);
  const index = query.sort === "name" ? "networks-by-name" : "networks-by-creation";
  return filtered(deps, query, (page) => readPage(deps.store, { kind: "network", index, partition: id }, page));
}

/** GET /v1/networks: the whole fleet in order of creation, for operators of the platform. */
export async function listFleet(deps: Dependencies, caller: Caller, query: NetworkListQuery): Promise<NetworkPage> {
  requirePlatform(caller);
  return filtered(deps, query, async ({ limit, after }) => {
    const shards = await Promise.all(
      Array.from({ length: SHARDS }, (_, shard) =>
        readPage(
          deps.store,
          { kind: "network", index: "networks-of-fleet", partition: String(shard) },
          { limit, after },
        ),
      ),
    );
    const all = shards.flatMap(({ items }) => items).sort((a, b) => (a.id < b.id ? -1 : 1));
    const items = all.slice(0, limit);
    const last = items.at(-1);
    const more = all.length > limit || shards.some(({ next }) => next !== undefined);
    return { items, ...(more && last ? { next: last.id } : {}) };
  });
}

/** GET /v1/cells/{cell}/networks: what intent places in one cell. */
export async function listNetworksOfCell(
  deps: Dependencies,
  caller: Caller,
  cell: string,
  query: NetworkListQuery,
): Promise<NetworkPage> {
  requirePlatform(caller);
  return filtered(deps, query, async (page) => {
    const placed = await readPage(deps.store, { kind: "placement", index: "networks-of-cell", partition: cell }, page);
    const networks = await deps.store.getMany(
      "network",
      placed.items.map(({ network }) => network),
    );
    return { ...placed, items: networks.map(({ value }) => value) };
  });
}

/** Reads on until a page is full, everything was seen, or enough was looked at. */
async function filtered(
  { store, clock }: Dependencies,
  { limit, after, filter, sort }: NetworkListQuery,
  read: ReadNetworks,
): Promise<NetworkPage> {
  const items: NetworkView[] = [];
  let lookedAt = 0;
  for (let from = after; ; ) {
    const page = await read({ limit: limit + 1, after: from });
    const views = await Promise.all(
      page.items.map(async (network) => networkView(await readRecords(store, network), clock.now())),
    );
    for (const view of views) {
      if (items.length === limit || lookedAt === MOST_LOOKED_AT)
        return { items, lookedAt, ...(from === undefined ? {} : { next: from }) };
      lookedAt += 1;
      from = sort === "name" ? view.name : view.id;
      if (isWanted(filter, view)) items.push(view);
    }
    if (page.next === undefined) return { items, lookedAt };
    from = page.next;
  }
}
