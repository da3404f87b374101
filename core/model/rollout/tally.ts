import type { Amount } from "./amount.ts";
import { failuresAllowed } from "./amount.ts";
import type { Rollout } from "./rollout.ts";
import type { Sighting } from "./sighting.ts";
import {
  currentAttempt,
  isInFlight,
  type RolloutTarget,
  type Sizes,
  type TargetState,
  targetHasEnded,
} from "./target.ts";

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

export function tallyOf(
  targets: readonly RolloutTarget[],
  { waves, seen }: { readonly waves: number; readonly seen: (at: number) => Sighting | undefined },
): Tally {
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
  targets.forEach((target, at) => {
    const network = seen(at);
    const wave = tally.waves[target.wave];
    const hasFailed = target.attempt?.failure != null;
    tally.states[target.state] = (tally.states[target.state] ?? 0) + 1;
    // What ended untouched (pinned, already there) takes no part: a share is of what is really changed.
    const takesPart = target.attempt !== null || !targetHasEnded(target);
    if (takesPart) tally.total++;
    if (takesPart && network) {
      count(tally.byCell, network.cell);
      count(tally.byRegion, network.region);
    }
    if (hasFailed) tally.failures++;
    if (wave) {
      if (takesPart) wave.size++;
      if (targetHasEnded(target)) wave.ended++;
      if (hasFailed) wave.failures++;
      if (target.state === "done" && target.attempt) wave.proven++;
    }
    const attempt = currentAttempt(target);
    if (isInFlight(target) && attempt) {
      tally.inFlight++;
      count(tally.inCell, attempt.cell);
      count(tally.inRegion, attempt.region);
    }
  });
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
