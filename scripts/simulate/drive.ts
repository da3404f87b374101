import type { NetworkId } from "#core/model/ids.ts";
import { type Advance, advance } from "#core/model/rollout/advance.ts";
import type { Look } from "#core/model/rollout/look.ts";
import type { Policies } from "#core/model/rollout/pass.ts";
import type { Rollout } from "#core/model/rollout/rollout.ts";
import { startTarget, startUndo } from "#core/model/rollout/start-target.ts";
import type { RolloutTarget } from "#core/model/rollout/target.ts";
import { rowOf, type TargetRow } from "#core/model/rollout/target-row.ts";
import { ask, type SimulatedFleet, sight } from "./fleet.ts";

/** A rollout and its targets as the store would keep them. */
export interface Kept {
  rollout: Rollout;
  readonly targets: Map<NetworkId, RolloutTarget>;
}

/** What of its targets a turn reads. */
export type Looks = (rollout: Rollout, rows: readonly TargetRow[]) => Look;
const atAll: Looks = (_rollout, rows) => ({ sight: rows, read: [], rest: [] });

/** One turn of the workflow's loop: read, decide, write. */
export function turn(
  kept: Kept,
  fleet: SimulatedFleet,
  now: number,
  { looks = atAll, ...policies }: Policies & { readonly looks?: Looks },
): Advance {
  const rows = [...kept.targets.values()].map((target) => {
    const place = fleet.networks.get(target.network)?.belonging;
    if (!place) throw new Error(`${target.network} was never in the fleet.`);
    return rowOf(target, place);
  });
  const { sight: near, read, rest: resting } = looks(kept.rollout, rows);
  const targetOf = ({ network }: TargetRow) => {
    const target = kept.targets.get(network);
    if (!target) throw new Error(`${network} is no target.`);
    return target;
  };
  const sighted = [
    ...near.map((row) => ({ target: targetOf(row), seen: sight(fleet, row.network, now) })),
    ...read.map((row) => ({ target: targetOf(row), seen: undefined })),
  ];
  const decision = advance(kept.rollout, sighted, now, { ...policies, resting });
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
