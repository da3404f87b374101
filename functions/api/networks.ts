import type * as z from "zod";
import { controlPlaneRoutes as routes } from "#core/api.ts";
import { etagOf } from "#core/model/network.ts";
import type { Caller } from "#core/model/organization.ts";
import { requirementsOf } from "#core/model/selector.ts";
import { type Accepted, createNetwork as create } from "#core/operations/create-network.ts";
import { deleteNetwork as remove } from "#core/operations/delete-network.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { explainNetwork as explain } from "#core/operations/explain.ts";
import { issueNetworkToken } from "#core/operations/issue-network-token.ts";
import {
  listFleet as fleet,
  listNetworks as list,
  listNetworksOfCell as ofCell,
} from "#core/operations/list-networks.ts";
import { readAccess } from "#core/operations/read-access.ts";
import { listEvents, listOperations } from "#core/operations/read-history.ts";
import { readNetwork } from "#core/operations/read-network.ts";
import { readOperation } from "#core/operations/read-operation.ts";
import { deferUpdate as defer } from "#core/operations/rollout/defer-update.ts";
import { rotateSecrets as rotate } from "#core/operations/rotate-secrets.ts";
import { setAccess } from "#core/operations/set-access.ts";
import { updateNetwork as update } from "#core/operations/update-network.ts";
import { type Answer, endpoint } from "../endpoint.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { paged } from "../paged.ts";
import { versioned } from "../versioned.ts";

export const createNetwork = endpoint(routes.createNetwork, async (deps, { caller, params, query, body, headers }) => {
  const accepted = await create(deps, caller, {
    org: params.org ?? "",
    spec: body,
    idempotencyKey: idempotencyKeyOf(headers),
  });
  return awaited(deps, caller, accepted, query.wait);
});

export const listNetworks = endpoint(routes.listNetworks, (deps, { caller, params, query }) =>
  paged(deps, listName(`networks/${params.org}`, query), query, (page) =>
    list(deps, caller, params.org ?? "", { ...page, ...filterOf(query) }),
  ),
);

export const listFleet = endpoint(routes.listFleet, (deps, { caller, query }) =>
  paged(deps, listName("networks", query), query, (page) => fleet(deps, caller, { ...page, ...filterOf(query) })),
);

export const listCellNetworks = endpoint(routes.listCellNetworks, (deps, { caller, params, query }) =>
  paged(deps, listName(`cells/${params.cell}/networks`, query), query, (page) =>
    ofCell(deps, caller, params.cell ?? "", { ...page, ...filterOf(query) }),
  ),
);

export const getNetwork = endpoint(routes.getNetwork, async (deps, { caller, params }) => {
  const network = await readNetwork(deps, caller, params.net ?? "");
  return { body: network, headers: { etag: etagOf(network) } };
});

export const updateNetwork = endpoint(routes.updateNetwork, async (deps, { caller, params, query, body, headers }) => {
  const accepted = await update(deps, caller, { id: params.net ?? "", ifMatch: headers["if-match"], patch: body });
  return awaited(deps, caller, accepted, query.wait);
});

export const explainNetwork = endpoint(routes.explainNetwork, async (deps, { caller, params }) => ({
  body: await explain(deps, caller, params.net ?? ""),
}));

export const listNetworkOperations = endpoint(routes.listNetworkOperations, (deps, { caller, params, query }) =>
  paged(deps, `networks/${params.net}/operations`, query, (page) =>
    listOperations(deps, caller, params.net ?? "", page),
  ),
);

export const listNetworkEvents = endpoint(routes.listNetworkEvents, (deps, { caller, params, query }) =>
  paged(deps, `networks/${params.net}/events`, query, (page) => listEvents(deps, caller, params.net ?? "", page)),
);

export const deleteNetwork = endpoint(routes.deleteNetwork, async (deps, { caller, params, query, headers }) => {
  const accepted = await remove(deps, caller, { id: params.net ?? "", ifMatch: headers["if-match"] });
  return awaited(deps, caller, accepted, query.wait);
});

export const rotateSecrets = endpoint(routes.rotateSecrets, async (deps, { caller, params, query }) =>
  awaited(deps, caller, await rotate(deps, caller, params.net ?? ""), query.wait),
);

export const deferUpdate = endpoint(routes.deferUpdate, async (deps, { caller, params, body }) => ({
  body: await defer(deps, caller, { id: params.net ?? "", ...body }),
}));

export const getAccess = endpoint(routes.getAccess, async (deps, { caller, params }) =>
  versioned(await readAccess(deps, caller, params.net ?? "")),
);

export const putAccess = endpoint(routes.putAccess, async (deps, { caller, params, body, headers }) => {
  const { value, version, operation } = await setAccess(deps, caller, {
    id: params.net ?? "",
    ifMatch: headers["if-match"],
    entries: body.entries,
  });
  return versioned({ value: { ...value, operation }, version }, { location: `/v1/operations/${operation}` });
});

export const createNetworkToken = endpoint(routes.createNetworkToken, async (deps, { caller, params, body }) => ({
  body: await issueNetworkToken(deps, caller, { id: params.net ?? "", role: body.role }),
}));

type ListQuery = z.output<typeof routes.listNetworks.query>;

const filterOf = ({ selector, phase, region, cell, release, q, sort }: ListQuery) => ({
  sort,
  filter: {
    selector: selector === undefined ? undefined : requirementsOf(selector),
    phase,
    region,
    cell,
    release,
    text: q,
  },
});

/** A cursor is good for the same filter and order only. */
const listName = (list: string, { limit, cursor, ...filter }: ListQuery): string => `${list}?${JSON.stringify(filter)}`;

/** Answers what was accepted at once, or after `wait` seconds at most with what had become of it by then. */
async function awaited(deps: Dependencies, caller: Caller, accepted: Accepted, wait: number): Promise<Answer> {
  const { id } = accepted.operation;
  const headers = { location: `/v1/operations/${id}` };
  if (wait === 0) return { body: accepted, headers };
  const operation = await readOperation(deps, caller, { id, waitMs: wait * 1_000 });
  const gone = operation.kind === "delete" && operation.state === "succeeded";
  const network = gone ? accepted.network : await readNetwork(deps, caller, accepted.network.id);
  return { body: { network, operation }, headers };
}
