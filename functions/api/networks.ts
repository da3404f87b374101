import { controlPlaneRoutes as routes } from "#core/api.ts";
import { etagOf } from "#core/model/network.ts";
import type { Caller } from "#core/model/organization.ts";
import { type Accepted, createNetwork as create } from "#core/operations/create-network.ts";
import { deleteNetwork as remove } from "#core/operations/delete-network.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { issueNetworkToken } from "#core/operations/issue-network-token.ts";
import { listNetworks as list } from "#core/operations/list-networks.ts";
import { readNetwork } from "#core/operations/read-network.ts";
import { readOperation } from "#core/operations/read-operation.ts";
import { type Answer, endpoint } from "../endpoint.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { paged } from "../paged.ts";

export const createNetwork = endpoint(routes.createNetwork, async (deps, { caller, params, query, body, headers }) => {
  const accepted = await create(deps, caller, {
    org: params.org ?? "",
    spec: body,
    idempotencyKey: idempotencyKeyOf(headers),
  });
  return awaited(deps, caller, accepted, query.wait);
});

export const listNetworks = endpoint(routes.listNetworks, (deps, { caller, params, query }) =>
  paged(deps, `networks/${params.org}`, query, (page) => list(deps, caller, params.org ?? "", page)),
);

export const getNetwork = endpoint(routes.getNetwork, async (deps, { caller, params }) => {
  const network = await readNetwork(deps, caller, params.net ?? "");
  return { body: network, headers: { etag: etagOf(network) } };
});

export const deleteNetwork = endpoint(routes.deleteNetwork, async (deps, { caller, params, query, headers }) => {
  const accepted = await remove(deps, caller, { id: params.net ?? "", ifMatch: headers["if-match"] });
  return awaited(deps, caller, accepted, query.wait);
});

export const createNetworkToken = endpoint(routes.createNetworkToken, async (deps, { caller, params, body }) => ({
  body: await issueNetworkToken(deps, caller, { id: params.net ?? "", role: body.role }),
}));

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
