import { controlPlaneRoutes as routes } from "#core/api.ts";
import { cancelOperation as cancel, retryOperation as retry } from "#core/operations/command-operation.ts";
import { explainOperation as explain } from "#core/operations/explain.ts";
import { forceOperation as force } from "#core/operations/force-operation.ts";
import { readOperation } from "#core/operations/read-operation.ts";
import { endpoint } from "../endpoint.ts";

export const getOperation = endpoint(routes.getOperation, async (deps, { caller, params, query }) => ({
  body: await readOperation(deps, caller, { id: params.op ?? "", waitMs: query.wait * 1_000 }),
}));

export const explainOperation = endpoint(routes.explainOperation, async (deps, { caller, params }) => ({
  body: await explain(deps, caller, params.op ?? ""),
}));

export const retryOperation = endpoint(routes.retryOperation, async (deps, { caller, params }) => ({
  body: await retry(deps, caller, params.op ?? ""),
}));

export const cancelOperation = endpoint(routes.cancelOperation, async (deps, { caller, params }) => ({
  body: await cancel(deps, caller, params.op ?? ""),
}));

export const forceOperation = endpoint(routes.forceOperation, async (deps, { caller, params, body }) => ({
  body: await force(deps, caller, { id: params.op ?? "", reason: body.reason }),
}));
