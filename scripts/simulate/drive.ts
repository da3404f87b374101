import type { NetworkId } from "#core/model/ids.ts";
import { type Advance, advance } from "#core/model/rollout/advance.ts";
import type { Policies } from "#core/model/rollout/pass.ts";
import type { Rollout } from "#core/model/rollout/rollout.ts";
import { startTarget, startUndo } from "#core/model/rollout/start-target.ts";
import type { RolloutTarget } from "#core/model/rollout/target.ts";
import { ask, type SimulatedFleet, sight } from "./fleet.ts";

/** A rollout and its targets as the store would keep them. */
export interface Kept {
  rollout: Rollout;
  readonly targets: Map<NetworkId, RolloutTarget>;
}

/** One turn of the workflow's loop: read, decide, write. */
export function turn(kept: Kept, fleet: SimulatedFleet, now: number, policies: Policies): Advance {
  const sighted = [...kept.targets.values()].map((target) => ({ target, seen: sight(fleet, target.network, now) }));
  const decision = advance(kept.rollout, sighted, now, policies);
  kept.rollout = decision.rollout;
  for (const target of decision.moved) kept.targets.set(target.network, target);
  for (const back of [false, true])
    for (const id of back ? decision.rollback : decision.start) begin(kept, fleet, { id, now, back });
  return decision;
}

function begin(
  kept: Kept,
  fleet: SimulatedFleet,
  { id, now, back }: { id: NetworkId; now: number; back: boolean },
): void {
  const target = kept.targets.get(id);
  const seen = sight(fleet, id, now);
  if (!target || !seen) return;
  const generation = ask(fleet, target, { change: kept.rollout.spec.change, now, back });
  kept.targets.set(id, (back ? startUndo : startTarget)(target, seen, { generation, now }));
}
