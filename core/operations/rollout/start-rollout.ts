import type { RolloutId } from "../../model/ids.ts";
import type { Caller } from "../../model/organization.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import type { RolloutSpec } from "../../model/rollout/spec.ts";
import { auditOf } from "../accept-change.ts";
import { requirePlatform } from "../authenticate.ts";
import type { Dependencies } from "../dependencies.ts";
import { idempotently } from "../idempotently.ts";
import { planTargets } from "./plan-targets.ts";
import { firstAttempt, startAttempt } from "./succeed-rollout.ts";

export interface StartRollout {
  readonly spec: RolloutSpec;
  readonly reason: string;
  readonly idempotencyKey?: string | undefined;
  readonly retryOf?: RolloutId;
}

/** POST /v1/rollouts: refused at once where the plan would be; the targets are stored by the workflow. */
export async function startRollout(
  deps: Dependencies,
  caller: Caller,
  { spec, reason, idempotencyKey, retryOf }: StartRollout,
): Promise<Rollout> {
  requirePlatform(caller);
  const { store, clock, ids } = deps;
  const repeatable = { key: idempotencyKey, request: { create: "rollout", spec, reason, retryOf } };
  const rollout = await idempotently<Rollout>(deps, caller, repeatable, async (remember) => {
    const now = clock.now();
    const birth = { id: ids.next("rol"), spec, actor: caller.actor, reason, now };
    const plan = await planTargets(deps, { ...birth, ...(retryOf === undefined ? {} : { retryOf }) });
    const value = firstAttempt(plan.rollout, now);
    await store.commit([
      { write: "put", was: 0, kind: "rollout", value },
      auditOf(deps, caller, { action: "rollout.start", subject: value.id, before: null, after: value }),
      ...remember(value),
    ]);
    return value;
  });
  await startAttempt(deps, rollout);
  return rollout;
}
