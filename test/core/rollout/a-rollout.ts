import type { RolloutId } from "#core/model/ids.ts";
import { parse } from "#core/model/parse.ts";
import { type LookSizes, lookAt } from "#core/model/rollout/look.ts";
import type { Policies } from "#core/model/rollout/pass.ts";
import { type PlannedRelease, planRollout } from "#core/model/rollout/plan-rollout.ts";
import { activated, rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { rowOf, type TargetRow } from "#core/model/rollout/target-row.ts";
import { type Kept, turn } from "../../../scripts/simulate/drive.ts";
import { type FleetShape, type SimulatedFleet, sight, simulatedFleet } from "../../../scripts/simulate/fleet.ts";

export const T0 = Date.parse("2026-03-02T09:00:00.000Z");
export const rolloutId = "rol_00000000000000000000000001" as RolloutId;
export const free: Policies = { freezes: [], withdrawn: null };

export const aRelease = (release: Partial<PlannedRelease> = {}): PlannedRelease => ({
  upgradesFrom: ["1.x"],
  downgradesTo: ["1.x"],
  withdrawn: null,
  ...release,
});

export const aSpec = (spec: object = {}): RolloutSpec => parse(RolloutSpec, { change: { release: "1.5.0" }, ...spec });

export interface Running extends Kept {
  readonly fleet: SimulatedFleet;
  now: number;
  policies: Policies;
  /** How many targets a pass reads; all of them where left out. */
  sizes?: LookSizes;
  /** Passes so far. */
  turns: number;
}

/** A planned and activated rollout over a simulated fleet, nothing done yet. */
export function aRollout(
  spec: object,
  shape: FleetShape,
  prepare: (fleet: SimulatedFleet) => void = () => {},
  findRelease: () => PlannedRelease | undefined = aRelease,
): Running {
  const fleet = simulatedFleet(shape);
  prepare(fleet);
  const networks = [...fleet.networks.keys()].flatMap((id) => sight(fleet, id, T0) ?? []);
  const plan = planRollout({
    id: rolloutId,
    spec: aSpec(spec),
    actor: "ann",
    reason: "test",
    now: T0,
    networks,
    findRelease,
  });
  const targets = new Map(plan.targets.map((target) => [target.network, target] as const));
  return { rollout: activated(plan.rollout, T0), targets, fleet, now: T0, policies: free, turns: 0 };
}

export function step(running: Running) {
  const { fleet, now, policies, sizes } = running;
  const turns = running.turns++;
  if (!sizes) return turn(running, fleet, now, policies);
  return turn(running, fleet, now, { ...policies, looks: (rollout, rows) => lookAt(rollout, rows, turns, sizes) });
}

/** Turns the loop until `when` holds or the rollout waits for somebody. Answers the last decision. */
export function runUntil(running: Running, when: (running: Running) => boolean, most = 50_000) {
  for (let loops = 0; ; loops++) {
    const decision = step(running);
    if (when(running) || decision.nextWakeAt === null) return decision;
    if (loops > most) throw new Error(`no end after ${most} loops: ${decision.explanation.summary}`);
    running.now = decision.nextWakeAt;
  }
}

export const runToEnd = (running: Running) => runUntil(running, ({ rollout }) => rolloutHasEnded(rollout));

export function counts({ targets }: Kept): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { state } of targets.values()) counted[state] = (counted[state] ?? 0) + 1;
  return counted;
}

/** Its targets in short, as its pages have them. */
export const rowsOf = ({ targets, fleet }: Running): TargetRow[] =>
  [...targets.values()].flatMap((target) => {
    const place = fleet.networks.get(target.network)?.belonging;
    return place ? [rowOf(target, place)] : [];
  });
