import type { RolloutId } from "#core/model/ids.ts";
import { planRollout } from "#core/model/rollout/plan-rollout.ts";
import { activated } from "#core/model/rollout/rollout.ts";
import type { RolloutSpec } from "#core/model/rollout/spec.ts";
import { type RolloutSummary, summaryOf } from "#core/model/rollout/summary.ts";
import { type Kept, turn } from "./drive.ts";
import { sight, simulatedFleet } from "./fleet.ts";
import type { Options } from "./options.ts";
import { isNews, type Line, lineOf } from "./timeline.ts";

export interface Simulation {
  readonly summary: RolloutSummary;
  readonly timeline: readonly Line[];
  /** How often the workflow would have looked. */
  readonly loops: number;
}

/** Plays it until it has ended, or waits for a person. */
export function simulate(spec: RolloutSpec, options: Options, onLine: (line: Line) => void = () => {}): Simulation {
  const fleet = simulatedFleet({ ...options, size: options.fleet, release: options.from });
  const networks = [...fleet.networks.keys()].flatMap((id) => sight(fleet, id, options.start) ?? []);
  // Which networks go first follows from the id, so the seed is in it.
  const id = `rol_${options.seed.toString(36).padStart(26, "0")}` as RolloutId;
  const { rollout, targets } = planRollout({
    id,
    spec,
    actor: "simulation",
    reason: "simulation",
    now: options.start,
    networks,
    findRelease: () => ({
      upgradesFrom: ["0.x", "1.x", "2.x", options.from],
      downgradesTo: ["0.x", "1.x", "2.x", options.from],
      withdrawn: null,
    }),
  });
  const kept: Kept = {
    rollout: activated(rollout, options.start),
    targets: new Map(targets.map((target) => [target.network, target] as const)),
  };

  const timeline: Line[] = [];
  let now = options.start;
  for (let loops = 1; ; loops++) {
    const decision = turn(kept, fleet, now, { freezes: [], withdrawn: null });
    const line = lineOf(kept, decision, now - options.start);
    if (isNews(timeline.at(-1), line, targets.length) || decision.nextWakeAt === null) {
      timeline.push(line);
      onLine(line);
    }
    if (decision.nextWakeAt === null)
      return { summary: summaryOf(kept.rollout, [...kept.targets.values()]), timeline, loops };
    now = decision.nextWakeAt;
  }
}
