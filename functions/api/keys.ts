import { controlPlaneRoutes as routes } from "#core/api.ts";
import { createKey as create } from "#core/operations/create-key.ts";
import { listKeys as list, readKey } from "#core/operations/read-keys.ts";
import { revokeKey as revoke } from "#core/operations/revoke-key.ts";
import { rotateKey as rotate } from "#core/operations/rotate-key.ts";
import { endpoint } from "../endpoint.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { paged } from "../paged.ts";
import { versioned } from "../versioned.ts";

export const createKey = endpoint(routes.createKey, async (deps, { caller, params, body, headers }) => {
  const issued = await create(deps, caller, {
    org: params.org ?? "",
    spec: body,
    idempotencyKey: idempotencyKeyOf(headers),
  });
  return versioned({ value: issued, version: 1 }, { location: `/v1/orgs/${caller.org}/keys/${issued.key.id}` });
});

export const listKeys = endpoint(routes.listKeys, (deps, { caller, params, query }) =>
  paged(deps, `keys/${caller.org}`, query, (page) => list(deps, caller, params.org ?? "", page)),
);

export const getKey = endpoint(routes.getKey, async (deps, { caller, params }) =>
  versioned(await readKey(deps, caller, params.key ?? "")),
);

export const rotateKey = endpoint(routes.rotateKey, async (deps, { caller, params, body, headers }) => {
  const issued = await rotate(deps, caller, {
    id: params.key ?? "",
    rotation: body,
    idempotencyKey: idempotencyKeyOf(headers),
  });
  return versioned({ value: issued, version: 1 }, { location: `/v1/orgs/${caller.org}/keys/${issued.key.id}` });
});

export const revokeKey = endpoint(routes.revokeKey, async (deps, { caller, params, headers }) => ({
  body: await revoke(deps, caller, { id: params.key ?? "", ifMatch: headers["if-match"] }),
}));
