import type { CellId, NetworkId } from "../ids.ts";
import { orderOf } from "./order.ts";
import type { Place } from "./sighting.ts";
import { isInFlight, isOpen, type RolloutTarget, type TargetState, targetHasEnded } from "./target.ts";

/**
 * A target in short: what decides whether it is worth reading, and all that is counted of it while it is not read. It is written together
 * with the target, so it never says anything else.
 */
export interface TargetRow extends Place {
  readonly network: NetworkId;
  readonly wave: number;
  readonly order: string;
  readonly state: TargetState;
  /** The rollout gave it the new intent. */
  readonly changed: boolean;
  /** The way there failed. */
  readonly failed: boolean;
  /** The rollout gave it the old intent again. */
  readonly undone: boolean;
  readonly undoFailed: boolean;
  /** Done, and not well since. */
  readonly ill: boolean;
  /** Its cell's absence counts against a deadline at the moment. */
  readonly ticking: boolean;
}

export function rowOf(target: RolloutTarget, { cell, region }: Place): TargetRow {
  const { network, wave, order, state, attempt, undo, blocked } = target;
  return {
    ...{ network, wave, order, state, cell, region },
    changed: attempt !== null,
    failed: attempt?.failure != null,
    undone: undo !== null,
    undoFailed: undo?.failure != null,
    ill: attempt?.unhealthySince != null,
    ticking: isOpen(target) && blocked?.since != null,
  };
}

/** Takes no part: it ended untouched, being pinned or there already. A share is of what is really changed. */
export const takesPart = (row: Pick<TargetRow, "state" | "changed">): boolean => row.changed || !targetHasEnded(row);

/** It carries the new intent, and nothing has begun to give the old one back. */
export const isRowToUndo = ({ changed, undone, state }: TargetRow): boolean =>
  changed && !undone && state !== "skipped" && state !== "rolled-back";

const letters: Readonly<Record<TargetState, string>> = {
  pending: "p",
  waiting: "w",
  updating: "u",
  soaking: "s",
  done: "d",
  failed: "f",
  "timed-out": "t",
  skipped: "x",
  deferred: "l",
  "rolled-back": "b",
};
const states = new Map(Object.entries(letters).map(([state, letter]) => [letter, state as TargetState] as const));
const flags = ["changed", "failed", "undone", "undoFailed", "ill", "ticking"] as const;

/** Of `packRow`: network, wave, place, state and flags. */
export const PackedRow = /^net_[0-9a-z]{1,26} \d{1,3} \d{1,3} [pwusdftxlb]\d{1,2}$/;

/** One row as text of some 40 characters: `net_… <wave> <place> <state><flags>`. Places are those of its page. */
export function packRow(row: TargetRow, placeOf: (place: Place) => number): string {
  const bits = flags.reduce((sum, flag, bit) => sum + (row[flag] ? 2 ** bit : 0), 0);
  return `${row.network} ${row.wave} ${placeOf(row)} ${letters[row.state]}${bits}`;
}

export function unpackRow(text: string, rollout: string, places: readonly Place[]): TargetRow {
  const [network = "", wave = "", place = "", state = ""] = text.split(" ");
  const bits = Number(state.slice(1));
  const has = (flag: (typeof flags)[number]) => (bits & (2 ** flags.indexOf(flag))) !== 0;
  return {
    network: network as NetworkId,
    wave: Number(wave),
    order: orderOf(rollout, network),
    state: states.get(state.slice(0, 1)) ?? "pending",
    cell: places[Number(place)]?.cell ?? ("" as CellId),
    region: places[Number(place)]?.region ?? "",
    changed: has("changed"),
    failed: has("failed"),
    undone: has("undone"),
    undoFailed: has("undoFailed"),
    ill: has("ill"),
    ticking: has("ticking"),
  };
}

/** What is known of the targets that a pass does not look at: they stay as they are, and it decides nothing that hangs on them. */
export interface Resting {
  readonly rows: readonly TargetRow[];
  /** By wave: how many there are, not begun, not begun and never looked at, not begun and ticking, and to be taken back. */
  readonly waves: readonly RestingWave[];
  readonly open: number;
  readonly ticking: number;
  readonly undoFailed: number;
}

export interface RestingWave {
  size: number;
  open: number;
  pending: number;
  ticking: number;
  toUndo: number;
}

export function restingOf(rows: readonly TargetRow[], waves: number): Resting {
  const byWave = Array.from(
    { length: waves },
    (): RestingWave => ({
      size: 0,
      open: 0,
      pending: 0,
      ticking: 0,
      toUndo: 0,
    }),
  );
  const resting = { rows, waves: byWave, open: 0, ticking: 0, undoFailed: 0 };
  for (const row of rows) {
    if (isInFlight(row)) throw new Error(`${row.network} is in flight and was not looked at.`);
    const wave = byWave[row.wave];
    if (row.undoFailed) resting.undoFailed++;
    if (row.ticking) resting.ticking++;
    if (isOpen(row)) resting.open++;
    if (!wave) continue;
    wave.size++;
    if (isRowToUndo(row)) wave.toUndo++;
    if (!isOpen(row)) continue;
    wave.open++;
    if (row.state === "pending") wave.pending++;
    if (row.ticking) wave.ticking++;
  }
  return resting;
}
