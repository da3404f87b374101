import { controlPlaneRoutes as routes } from "#core/api.ts";
import type { Caller } from "#core/model/organization.ts";
import type { RolloutCommand } from "#core/model/rollout/command-rollout.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { commandRollout } from "#core/operations/rollout/command-rollout.ts";
import * as freezes from "#core/operations/rollout/freeze-fleet.ts";
import { listTargets } from "#core/operations/rollout/list-targets.ts";
import * as read from "#core/operations/rollout/read-rollout.ts";
import { startRollout as start } from "#core/operations/rollout/start-rollout.ts";
import { endpoint } from "../endpoint.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { paged } from "../paged.ts";

export const startRollout = endpoint(routes.startRollout, async (deps, { caller, body, headers }) => {
  const rollout = await start(deps, caller, { ...body, idempotencyKey: idempotencyKeyOf(headers) });
  return { body: rollout, headers: { location: `/v1/rollouts/${rollout.id}` } };
});

export const listRollouts = endpoint(routes.listRollouts, (deps, { query }) =>
  paged(deps, "rollouts", query, (page) => read.listRollouts(deps, page)),
);

export const getRollout = endpoint(routes.getRollout, async (deps, { params }) => ({
  body: await read.readRollout(deps, params.rol ?? ""),
}));

export const listRolloutTargets = endpoint(routes.listRolloutTargets, (deps, { params, query }) => {
  const { state, wave, why } = query;
  const list = JSON.stringify(["targets", params.rol, state, wave, why]);
  return paged(deps, list, query, (page) => listTargets(deps, params.rol ?? "", { state, wave, why }, page));
});

export const reportRollout = endpoint(routes.reportRollout, async (deps, { params }) => ({
  body: await read.reportRollout(deps, params.rol ?? ""),
}));

export const explainRollout = endpoint(routes.explainRollout, async (deps, { params, query }) => ({
  body: await read.explainRollout(deps, params.rol ?? "", query.network),
}));

interface Told {
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly body: { readonly reason: string };
}

const tell = async (deps: Dependencies, { caller, params, body }: Told, command: RolloutCommand) => ({
  body: await commandRollout(deps, caller, { id: params.rol ?? "", command, reason: body.reason }),
});

export const paceRollout = endpoint(routes.paceRollout, (deps, request) =>
  tell(deps, request, { verb: "pace", pace: request.body.maxConcurrent }),
);
export const pauseRollout = endpoint(routes.pauseRollout, (deps, request) => tell(deps, request, { verb: "pause" }));
export const resumeRollout = endpoint(routes.resumeRollout, (deps, request) => tell(deps, request, { verb: "resume" }));
export const abortRollout = endpoint(routes.abortRollout, (deps, request) => tell(deps, request, { verb: "abort" }));
export const rollBackRollout = endpoint(routes.rollBackRollout, (deps, request) =>
  tell(deps, request, { verb: "roll-back" }),
);
export const retryFailedRollout = endpoint(routes.retryFailedRollout, (deps, request) =>
  tell(deps, request, { verb: "retry-failed" }),
);
export const approveRollout = endpoint(routes.approveRollout, (deps, request) => {
  const { gate } = request.body;
  return tell(deps, request, { verb: "approve", ...(gate === undefined ? {} : { gate: gate - 1 }) });
});

export const createFreeze = endpoint(routes.createFreeze, async (deps, { caller, body }) => ({
  body: await freezes.createFreeze(deps, caller, body),
}));

export const listFreezes = endpoint(routes.listFreezes, (deps, { query }) =>
  paged(deps, "freezes", query, (page) => freezes.listFreezes(deps, page)),
);

export const deleteFreeze = endpoint(routes.deleteFreeze, async (deps, { caller, params }) => {
  await freezes.deleteFreeze(deps, caller, params.frz ?? "");
  return { body: undefined };
});
