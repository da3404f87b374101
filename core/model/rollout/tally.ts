import type { Amount } from "./amount.ts";
import { failuresAllowed } from "./amount.ts";
import type { Rollout } from "./rollout.ts";
import type { Place } from "./sighting.ts";
import {
  currentAttempt,
  isInFlight,
  type RolloutTarget,
  type Sizes,
  type TargetState,
  targetHasEnded,
} from "./target.ts";
import { type TargetRow, takesPart } from "./target-row.ts";

/** Everything that is counted over the targets, in one walk. */
export interface Tally extends Sizes {
  readonly states: Partial<Record<TargetState, number>>;
  readonly failures: number;
  readonly inFlight: number;
  readonly inCell: Map<string, number>;
  readonly inRegion: Map<string, number>;
  readonly waves: readonly WaveTally[];
}

export interface WaveTally {
  size: number;
  ended: number;
  failures: number;
  /** Changed and found healthy by this rollout: what tells the next wave that it may. */
  proven: number;
}

const count = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);

export interface TallyInput {
  readonly waves: number;
  /** Where the target at this place is, if its network is still there. */
  readonly seen: (at: number) => Place | undefined;
  /** Those that are not read, counted all the same. */
  readonly resting?: readonly TargetRow[];
}

export function tallyOf(targets: readonly RolloutTarget[], { waves, seen, resting = [] }: TallyInput): Tally {
  const tally = {
    total: 0,
    byCell: new Map<string, number>(),
    byRegion: new Map<string, number>(),
    states: {} as Partial<Record<TargetState, number>>,
    failures: 0,
    inFlight: 0,
    inCell: new Map<string, number>(),
    inRegion: new Map<string, number>(),
    waves: Array.from({ length: waves }, (): WaveTally => ({ size: 0, ended: 0, failures: 0, proven: 0 })),
  };
  const add = (row: Pick<TargetRow, "state" | "wave" | "changed" | "failed">, place: Place | undefined): void => {
    const wave = tally.waves[row.wave];
    const counts = takesPart(row);
    tally.states[row.state] = (tally.states[row.state] ?? 0) + 1;
    if (counts) tally.total++;
    if (counts && place) {
      count(tally.byCell, place.cell);
      count(tally.byRegion, place.region);
    }
    if (row.failed) tally.failures++;
    if (!wave) return;
    if (counts) wave.size++;
    if (targetHasEnded(row)) wave.ended++;
    if (row.failed) wave.failures++;
    if (row.state === "done" && row.changed) wave.proven++;
  };
  targets.forEach((target, at) => {
    const { state, wave } = target;
    add({ state, wave, changed: target.attempt !== null, failed: target.attempt?.failure != null }, seen(at));
    const attempt = currentAttempt(target);
    if (isInFlight(target) && attempt) {
      tally.inFlight++;
      count(tally.inCell, attempt.cell);
      count(tally.inRegion, attempt.region);
    }
  });
  for (const row of resting) add(row, row);
  return tally;
}

/** Which budget is overdrawn, as a sentence. Judged before every start; the failures that a resume forgave are not counted again. */
export function breachOf({ spec, forgiven, wave }: Rollout, tally: Tally): string | undefined {
  const { total, perWave } = spec.maxFailed;
  const allowed = failuresAllowed(total, tally.total);
  if (tally.failures - forgiven > allowed) return budgetSentence(tally.failures, total, allowed, tally.total, "in all");
  const here = tally.waves[wave];
  if (perWave === undefined || !here) return undefined;
  const inWave = failuresAllowed(perWave, here.size);
  const since = Math.max(0, here.failures - forgiven);
  return since > inWave ? budgetSentence(here.failures, perWave, inWave, here.size, `in wave ${wave + 1}`) : undefined;
}

function budgetSentence(failures: number, amount: Amount, allowed: number, size: number, where: string): string {
  const share = typeof amount === "string" ? ` (${amount} of ${size})` : "";
  return `${failures} failed ${where}, and ${allowed}${share} may`;
}
