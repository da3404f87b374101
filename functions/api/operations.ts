import { controlPlaneRoutes as routes } from "#core/api.ts";
import { readOperation } from "#core/operations/read-operation.ts";
import { endpoint } from "../endpoint.ts";

export const getOperation = endpoint(routes.getOperation, async (deps, { caller, params, query }) => ({
  body: await readOperation(deps, caller, { id: params.op ?? "", waitMs: query.wait * 1_000 }),
}));
