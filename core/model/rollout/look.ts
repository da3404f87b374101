import { slotsOf } from "./amount.ts";
import type { Rollout } from "./rollout.ts";
import { isInFlight, isOpen } from "./target.ts";
import { isRowToUndo, type TargetRow } from "./target-row.ts";

/** How many targets one pass reads of each kind, apart from those in flight: of 10,000 a pass then costs what one of some hundred does. */
export interface LookSizes {
  /** Up to so many in all are simply all looked at. */
  readonly all: number;
  /** Not begun, or to be taken back, beside as many as there may be in flight. */
  readonly next: number;
  /** Looked at before: those that wait for something, and those that are done in a wave that is at work. In turn. */
  readonly again: number;
  /** Only to be written, without a look at the network. */
  readonly write: number;
}

export const LOOK_SIZES: LookSizes = { all: 500, next: 200, again: 200, write: 2_000 };

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

  const next = sizes.next + slotsOf(rollout.pace.total, rows.length);
  const put = (into: Set<TargetRow>, some: readonly TargetRow[]) => {
    for (const row of some) into.add(row);
  };
  const open = rows.filter(isOpen);
  if (rollout.rollback || rollout.stopping) {
    put(read, open.slice(0, sizes.write));
    if (rollout.rollback) put(sight, rows.filter(isRowToUndo).sort(lastFirst).slice(0, next));
  } else if (rollout.state === "paused") put(read, open.filter(isTicking).slice(0, sizes.write));
  else {
    const here = open.filter(({ wave }) => wave === rollout.wave);
    const pending = here.filter(({ state }) => state === "pending").sort(firstFirst);
    const waiting = here.filter(({ state }) => state === "waiting").sort(firstFirst);
    const done = rows.filter(({ wave, state, changed }) => wave === rollout.wave && state === "done" && changed);
    put(sight, pending.slice(0, next));
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

const isTicking = ({ ticking }: TargetRow): boolean => ticking;
const firstFirst = (a: TargetRow, b: TargetRow): number => (a.order < b.order ? -1 : 1);
const lastFirst = (a: TargetRow, b: TargetRow): number => b.wave - a.wave || firstFirst(a, b);

function inTurn(rows: readonly TargetRow[], turn: number, count: number): readonly TargetRow[] {
  if (rows.length <= count) return rows;
  const from = (turn * count) % rows.length;
  return [...rows.slice(from, from + count), ...rows.slice(0, Math.max(0, from + count - rows.length))];
}
