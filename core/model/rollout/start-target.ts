import { timestampOf } from "../time.ts";
import { type Sighting, whyUnreachable } from "./sighting.ts";
import { type Attempt, type RolloutTarget, type Why, withState } from "./target.ts";

export interface Start {
  /** What the same transaction writes as the network's intent. */
  readonly generation: number;
  readonly now: number;
}

/** The record of a target whose network is given the new intent in the same write. */
export const startTarget = (target: RolloutTarget, seen: Sighting, start: Start): RolloutTarget => ({
  ...withState(target, "updating", told(start), start.now),
  before: seen.intent,
  attempt: begun(seen, start),
  blocked: null,
});

/**
 * The record of a target whose network is given its old intent in the same write. Where the cell cannot be reached that is all
 * that can be done now: it obeys when it is back, and nobody waits for it.
 */
export function startUndo(target: RolloutTarget, seen: Sighting, start: Start): RolloutTarget {
  const at = timestampOf(start.now);
  const unreachable = whyUnreachable(seen, start.now);
  const moved = withState(target, unreachable ? "deferred" : "updating", unreachable ?? told(start), start.now);
  const attempt = target.attempt && { ...target.attempt, endedAt: target.attempt.endedAt ?? at };
  return {
    ...moved,
    attempt,
    undo: { ...begun(seen, start), nodesBefore: target.attempt?.nodesBefore ?? 0, endedAt: unreachable ? at : null },
  };
}

const told = ({ generation }: Start): Why => ({
  code: "behind",
  message: `the cell has not reported generation ${generation} yet`,
});

const begun = (seen: Sighting, { generation, now }: Start): Attempt => ({
  generation,
  cell: seen.cell,
  region: seen.region,
  startedAt: timestampOf(now),
  clockFrom: timestampOf(now),
  nodesBefore: seen.report?.nodesOnline ?? 0,
  healthySince: null,
  unhealthySince: null,
  silentSince: null,
  endedAt: null,
  failure: null,
});
