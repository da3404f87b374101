import { controlPlaneRoutes as routes } from "#core/api.ts";
import { createOrganization as create } from "#core/operations/create-organization.ts";
import { deleteOrganization as remove } from "#core/operations/delete-organization.ts";
import { listOrganizations as list, readOrganization } from "#core/operations/read-organizations.ts";
import { updateOrganization as update } from "#core/operations/update-organization.ts";
import { endpoint } from "../endpoint.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { paged } from "../paged.ts";
import { versioned } from "../versioned.ts";

export const createOrganization = endpoint(routes.createOrganization, async (deps, { caller, body, headers }) => {
  const created = await create(deps, caller, { spec: body, idempotencyKey: idempotencyKeyOf(headers) });
  return versioned(created, { location: `/v1/orgs/${created.value.id}` });
});

export const listOrganizations = endpoint(routes.listOrganizations, (deps, { caller, query }) =>
  paged(deps, `organizations/${caller.actor}`, query, (page) => list(deps, caller, page)),
);

export const getOrganization = endpoint(routes.getOrganization, async (deps, { caller, params }) =>
  versioned(await readOrganization(deps, caller, params.org ?? "")),
);

export const updateOrganization = endpoint(routes.updateOrganization, async (deps, { caller, params, body, headers }) =>
  versioned(await update(deps, caller, { org: params.org ?? "", patch: body, ifMatch: headers["if-match"] })),
);

export const deleteOrganization = endpoint(routes.deleteOrganization, async (deps, { caller, params, headers }) => ({
  body: await remove(deps, caller, { org: params.org ?? "", ifMatch: headers["if-match"] }),
}));
