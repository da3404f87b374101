import * as z from "zod";
import { millisecondsOf, Timestamp, timestampOf } from "../time.ts";
import { failuresAllowed, slotsOf } from "./amount.ts";
import { bakeOf, type Rollout } from "./rollout.ts";
import type { RolloutSummary } from "./summary.ts";
import { tallyOf } from "./tally.ts";
import { isInFlight, targetHasEnded, targetStates } from "./target.ts";
import type { TargetRow } from "./target-row.ts";

/** How far a rollout is, wave by wave, and what it has left of what it may: what somebody who watches looks at. */
export const RolloutProgress = z.strictObject({
  /** Of each wave, how many targets are in which state. */
  waves: z.array(z.strictObject({ targets: z.int(), states: z.partialRecord(z.enum(targetStates), z.int()) })),
  /** Failures so far, and how many there may be; `perWave` is of the wave that is at work. */
  budget: z.strictObject({
    failed: z.int(),
    allowed: z.int(),
    perWave: z.strictObject({ failed: z.int(), allowed: z.int() }).nullable(),
  }),
  slots: z.strictObject({ taken: z.int(), limit: z.int() }),
  /**
   * When it will have ended, by the changes made so far and the bakes to come; null while nothing is known, or it stands still. Gates
   * and windows that keep it waiting come on top.
   */
  eta: Timestamp.nullable(),
});
export type RolloutProgress = z.infer<typeof RolloutProgress>;

type Waves = RolloutProgress["waves"];

export function progressOf(
  rollout: Rollout,
  rows: readonly TargetRow[],
  updateMs: RolloutSummary["updateMs"],
  now: number,
): RolloutProgress {
  const tally = tallyOf([], { waves: rollout.waves.length, seen: () => undefined, resting: rows });
  const { total, perWave } = rollout.spec.maxFailed;
  const here = tally.waves[rollout.wave];
  const waves: Waves = rollout.waves.map(() => ({ targets: 0, states: {} }));
  for (const { wave, state } of rows) {
    const one = waves[wave];
    if (!one) continue;
    one.targets++;
    one.states[state] = (one.states[state] ?? 0) + 1;
  }
  const limit = slotsOf(rollout.pace.total, tally.total);
  return {
    waves,
    budget: {
      failed: tally.failures - rollout.forgiven,
      allowed: failuresAllowed(total, tally.total),
      perWave:
        perWave === undefined || !here
          ? null
          : { failed: Math.max(0, here.failures - rollout.forgiven), allowed: failuresAllowed(perWave, here.size) },
    },
    slots: { taken: rows.filter(isInFlight).length, limit },
    eta: etaOf(rollout, { waves, limit, updateMs, now }),
  };
}

const unsettled = targetStates.filter((state) => !targetHasEnded({ state }));

interface Pending {
  readonly waves: Waves;
  readonly limit: number;
  readonly updateMs: RolloutSummary["updateMs"];
  readonly now: number;
}

function etaOf(rollout: Rollout, { waves, limit, updateMs, now }: Pending): string | null {
  const { state, spec, stopping } = rollout;
  if (stopping || (state !== "running" && state !== "baking")) return null;
  const left = waves.map(({ states }) => unsettled.reduce((sum, one) => sum + (states[one] ?? 0), 0));
  if (updateMs === null && left.some((count) => count > 0)) return null;
  let ms = 0;
  for (let at = rollout.wave; at < waves.length; at++) {
    ms += Math.ceil((left[at] ?? 0) / limit) * (updateMs?.p50 ?? 0);
    const until = rollout.waves[at]?.bakeUntil;
    const bake = bakeOf(spec, at);
    // An empty wave bakes nothing, and one that has settled bakes what is left of it.
    if (until) ms += Math.max(0, Date.parse(until) - now);
    else if (bake !== undefined && waves[at]?.targets) ms += millisecondsOf(bake);
  }
  return timestampOf(now + ms);
}
