import type { Rollout } from "./rollout.ts";
import { tallyOf } from "./tally.ts";
import { isInFlight, isOpen, slotLimits } from "./target.ts";
import { isRowToUndo, type TargetRow } from "./target-row.ts";

/** How many targets one pass reads of each kind, apart from those in flight: of 10,000 a pass then costs what one of some hundred does. */
export interface LookSizes {
  /** Up to so many in all are simply all looked at. */
  readonly all: number;
  /** Not begun, or to be taken back, beside as many as there are slots free. */
  readonly next: number;
  /** Looked at before: those that wait for something, and those that are done in a wave that is at work. In turn. */
  readonly again: number;
  /** Only to be written, without a look at the network. */
  readonly write: number;
}

export const LOOK_SIZES: LookSizes = { all: 500, next: 100, again: 100, write: 2_000 };

/** What a pass reads in full. The rest counts by its rows, and comes in another turn. */
export interface Look {
  /** With all that is known of their networks. */
  readonly sight: readonly TargetRow[];
  /** The targets alone: what becomes of them has nothing to do with their networks. */
  readonly read: readonly TargetRow[];
  readonly rest: readonly TargetRow[];
}

/**
 * Which targets the next pass can decide about. All that are in flight; of those whose turn it is as many as could be started; and
 * by turns (`turn` counts passes) those that may have changed by themselves.
 */
export function lookAt(rollout: Rollout, rows: readonly TargetRow[], turn: number, sizes = LOOK_SIZES): Look {
  const sight = new Set(rows.filter(isInFlight));
  const read = new Set<TargetRow>();
  if (rows.length <= sizes.all) return { sight: rows, read: [], rest: [] };

  const room = roomFor(rollout, rows);
  const next = room.free === 0 ? 0 : sizes.next + room.free;
  const put = (into: Set<TargetRow>, some: readonly TargetRow[]) => {
    for (const row of some) into.add(row);
  };
  const open = rows.filter(isOpen);
  if (rollout.rollback || rollout.stopping) {
    put(read, open.slice(0, sizes.write));
    if (rollout.rollback)
      put(
        sight,
        rows
          .filter(isRowToUndo)
          .sort(lastFirst)
          .slice(0, sizes.next + room.free),
      );
  } else if (rollout.state === "paused") put(read, open.filter(isTicking).slice(0, sizes.write));
  else {
    const here = open.filter(({ wave }) => wave === rollout.wave);
    const pending = here.filter(({ state }) => state === "pending").sort(firstFirst);
    const waiting = here.filter(({ state }) => state === "waiting").sort(firstFirst);
    const done = rows.filter(({ wave, state, changed }) => wave === rollout.wave && state === "done" && changed);
    put(sight, pending.filter(room.has).slice(0, next));
    put(sight, inTurn(waiting, turn, Math.max(sizes.again, next - pending.length)));
    put(
      sight,
      done.filter(({ ill }) => ill),
    );
    put(sight, inTurn(done, turn, sizes.again));
  }
  return {
    sight: rows.filter((row) => sight.has(row)),
    read: rows.filter((row) => read.has(row) && !sight.has(row)),
    rest: rows.filter((row) => !sight.has(row) && !read.has(row)),
  };
}

/** How many slots are free, and whether there is one where a target is: it need not be looked at while there is none. */
function roomFor({ pace, waves }: Rollout, rows: readonly TargetRow[]) {
  const flying = { inCell: new Map<string, number>(), inRegion: new Map<string, number>() };
  const add = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  let inFlight = 0;
  for (const row of rows)
    if (isInFlight(row)) {
      inFlight++;
      add(flying.inCell, row.cell);
      add(flying.inRegion, row.region);
    }
  const limits = slotLimits(pace, tallyOf([], { waves: waves.length, seen: () => undefined, resting: rows }));
  return {
    free: Math.max(0, limits.total - inFlight),
    has: ({ cell, region }: TargetRow): boolean =>
      (flying.inCell.get(cell) ?? 0) < limits.cell(cell) && (flying.inRegion.get(region) ?? 0) < limits.region(region),
  };
}

const isTicking = ({ ticking }: TargetRow): boolean => ticking;
const firstFirst = (a: TargetRow, b: TargetRow): number => (a.order < b.order ? -1 : 1);
const lastFirst = (a: TargetRow, b: TargetRow): number => b.wave - a.wave || firstFirst(a, b);

function inTurn(rows: readonly TargetRow[], turn: number, count: number): readonly TargetRow[] {
  if (rows.length <= count) return rows;
  const from = (turn * count) % rows.length;
  return [...rows.slice(from, from + count), ...rows.slice(0, Math.max(0, from + count - rows.length))];
}
