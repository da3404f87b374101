import { controlPlaneRoutes as routes } from "#core/api.ts";
import { promoteRelease as promote } from "#core/operations/promote-release.ts";
import { publishRelease as publish } from "#core/operations/publish-release.ts";
import { listReleases as list, readRelease } from "#core/operations/read-release.ts";
import { withdrawRelease as withdraw } from "#core/operations/withdraw-release.ts";
import { endpoint } from "../endpoint.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { paged } from "../paged.ts";

export const publishRelease = endpoint(routes.publishRelease, async (deps, { caller, body, headers }) => {
  const release = await publish(deps, caller, { spec: body, idempotencyKey: idempotencyKeyOf(headers) });
  return { body: release, headers: { location: `/v1/releases/${release.version}` } };
});

export const listReleases = endpoint(routes.listReleases, (deps, { query }) =>
  paged(deps, "releases", query, (page) => list(deps, page)),
);

export const getRelease = endpoint(routes.getRelease, async (deps, { params }) => ({
  body: await readRelease(deps, params.version ?? ""),
}));

export const promoteRelease = endpoint(routes.promoteRelease, async (deps, { caller, params, body }) => ({
  body: await promote(deps, caller, { version: params.version ?? "", channel: body.channel }),
}));

export const withdrawRelease = endpoint(routes.withdrawRelease, async (deps, { caller, params, body }) => ({
  body: await withdraw(deps, caller, { version: params.version ?? "", reason: body.reason }),
}));
