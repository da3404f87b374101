import { controlPlaneRoutes as routes } from "#core/api.ts";
import { readQuota, setQuota } from "#core/operations/quota.ts";
import { endpoint } from "../endpoint.ts";
import { versioned } from "../versioned.ts";

export const getQuota = endpoint(routes.getQuota, async (deps, { caller, params }) =>
  versioned(await readQuota(deps, caller, params.org ?? "")),
);

export const putQuota = endpoint(routes.putQuota, async (deps, { caller, params, body, headers }) =>
  versioned(await setQuota(deps, caller, { org: params.org ?? "", quota: body, ifMatch: headers["if-match"] })),
);
