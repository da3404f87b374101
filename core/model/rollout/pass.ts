import type { NetworkId } from "../ids.ts";
import type { Blocker, Blockers } from "./blocker.ts";
import type { Freeze } from "./freeze.ts";
import type { Rollout } from "./rollout.ts";
import type { Place, Sighted, Sighting } from "./sighting.ts";
import { type Tally, tallyOf } from "./tally.ts";
import { type RolloutTarget, type SlotLimits, slotLimits } from "./target.ts";
import { type Resting, restingOf, type TargetRow } from "./target-row.ts";

/** What holds for all rollouts at the moment. */
export interface Policies {
  readonly freezes: readonly Freeze[];
  /** Why the release that is being rolled out was withdrawn, or null. */
  readonly withdrawn: string | null;
  /** The oldest cell agent that the release works with, where it says so. */
  readonly minAgent?: string | null;
  /** The oldest edge that it works with, likewise. */
  readonly minEdge?: string | null;
}

/** One pass while it is worked out: what was read, and what has been decided so far. Never leaves `advance`. */
export interface Pass {
  readonly now: number;
  readonly blockers: Blockers;
  readonly seen: readonly (Sighting | undefined)[];
  /** As they are decided so far, in the order they were read. */
  readonly targets: RolloutTarget[];
  /** Places in `targets` by wave. */
  readonly byWave: readonly number[][];
  /** Those that are not looked at. */
  readonly resting: Resting;
  rollout: Rollout;
  readonly start: NetworkId[];
  readonly rollback: NetworkId[];
  readonly asks: number[];
  /** What keeps targets waiting: how many, and one of them. */
  readonly blocked: Map<string, { count: number; example: Blocker }>;
  /** How many could be started if there were slots. */
  queued: number;
  nextWakeAt: number;
}

/** What a pass is given: what it looks at, and in short what it does not. */
export interface Looked {
  readonly sighted: readonly Sighted[];
  readonly resting: readonly TargetRow[];
}

export function newPass(rollout: Rollout, { sighted, resting }: Looked, blockers: Blockers, now: number): Pass {
  const byWave = rollout.spec.waves.map((): number[] => []);
  sighted.forEach(({ target }, at) => {
    byWave[target.wave]?.push(at);
  });
  return {
    now,
    blockers,
    seen: sighted.map(({ seen }) => seen),
    targets: sighted.map(({ target }) => target),
    byWave,
    resting: restingOf(resting, byWave.length),
    rollout,
    start: [],
    rollback: [],
    asks: [],
    blocked: new Map(),
    queued: 0,
    nextWakeAt: Number.POSITIVE_INFINITY,
  };
}

/** The pass is worth repeating then. Never now: that would be a loop without a wait. */
export function wakeAt(pass: Pass, at: number): void {
  pass.nextWakeAt = Math.min(pass.nextWakeAt, Math.max(at, pass.now + 1));
}

export const tally = (pass: Pass): Tally =>
  tallyOf(pass.targets, {
    waves: pass.byWave.length,
    seen: (at) => pass.seen[at],
    resting: pass.resting.rows,
  });

/** How many targets a wave has, looked at or not. */
export const sizeOfWave = (pass: Pass, wave: number): number =>
  (pass.byWave[wave]?.length ?? 0) + (pass.resting.waves[wave]?.size ?? 0);

export interface Slots {
  readonly limits: SlotLimits;
  readonly take: (at: Place) => boolean;
  readonly giveBack: (at: Place) => void;
}

/** Takes slots as long as there are any, in all three counts. */
export function slots(pass: Pass): Slots {
  const counted = tally(pass);
  const limits = slotLimits(pass.rollout.pace, counted);
  let taken = counted.inFlight;
  const { inCell, inRegion } = counted;
  const take = ({ cell, region }: Place): boolean => {
    const [here, around] = [inCell.get(cell) ?? 0, inRegion.get(region) ?? 0];
    if (taken >= limits.total || here >= limits.cell(cell) || around >= limits.region(region)) return false;
    taken++;
    inCell.set(cell, here + 1);
    inRegion.set(region, around + 1);
    return true;
  };
  const giveBack = ({ cell, region }: Place): void => {
    taken--;
    inCell.set(cell, (inCell.get(cell) ?? 0) - 1);
    inRegion.set(region, (inRegion.get(region) ?? 0) - 1);
  };
  return { take, giveBack, limits };
}
