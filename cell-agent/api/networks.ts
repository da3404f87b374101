import { createHash } from "node:crypto";
import { ListQuery, ObserveQuery, RemoveQuery } from "#core/api/cell-agent.ts";
import { Refusal } from "#core/errors.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { NetworkId } from "#core/model/ids.ts";
import { CellOrder } from "#core/model/instance.ts";
import { isSettledAt } from "#core/model/network.ts";
import { takeOrder, takeRemoval } from "../take-order.ts";
import type { Endpoint } from "./endpoint.ts";
import { parse } from "./parse.ts";

/** PUT /v1/networks/{net} */
export const putNetwork: Endpoint = async ({ book }, { params, json }) => ({
  status: 200,
  body: await takeOrder(book, networkOf(params), parse(CellOrder, json())),
});

/** GET /v1/networks/{net}?generation&wait */
export const getNetwork: Endpoint = async ({ journal, polls }, { params, query, caller }) => {
  const network = networkOf(params);
  const { generation, wait } = parse(ObserveQuery, query);
  const settledOrGone = () => {
    const observed = journal.read(network);
    if (!observed) return "gone" as const;
    return generation === undefined || isSettledAt(observed, generation) ? observed : undefined;
  };
  const found = (await polls.until(settledOrGone, { seconds: wait, network, caller })) ?? journal.read(network);
  if (found === undefined || found === "gone") throw notHere(network);
  return { status: 200, body: found };
};

/** DELETE /v1/networks/{net}?epoch&generation */
export const deleteNetwork: Endpoint = async ({ book }, { params, query }) => {
  await takeRemoval(book, networkOf(params), parse(RemoveQuery, query));
  return { status: 202, body: {} };
};

/** GET /v1/networks?cursor */
export const listNetworks: Endpoint = async ({ objects, journal }, { query }) => {
  const { cursor, limit } = parse(ListQuery, query);
  const after = cursor === undefined ? "" : parse(NetworkId, cursor);
  const here = objects
    .instances()
    .filter(({ spec }) => spec.network > after)
    .sort((a, b) => (a.spec.network < b.spec.network ? -1 : 1));
  const items = here.slice(0, limit).map(({ spec: { network, epoch, generation, spec } }) => ({
    id: network,
    epoch,
    generation,
    observed: journal.read(network)?.observedGeneration ?? 0,
    hash: createHash("sha256").update(canonicalJson(spec)).digest("hex"),
    spec,
  }));
  const last = items.at(-1);
  return { status: 200, body: { items, ...(here.length > limit && last ? { next: last.id } : {}) } };
};

function networkOf({ net }: Readonly<Record<string, string>>): NetworkId {
  const parsed = NetworkId.safeParse(net);
  if (!parsed.success) throw notHere(net ?? "");
  return parsed.data;
}

const notHere = (network: string) =>
  new Refusal("not-found", `There is no network ${network.slice(0, 64)} in this cell.`);
