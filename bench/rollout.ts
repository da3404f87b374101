import type { RolloutId } from "#core/model/ids.ts";
import { parse } from "#core/model/parse.ts";
import { advance } from "#core/model/rollout/advance.ts";
import { type PlannedRelease, planRollout } from "#core/model/rollout/plan-rollout.ts";
import { activated, rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { turn } from "../scripts/simulate/drive.ts";
import { sight, simulatedFleet } from "../scripts/simulate/fleet.ts";
import { milliseconds, percentile, print } from "./figures.ts";
import { measureStoredRollout } from "./stored-rollout.ts";

const TARGETS = 10_000;
const RUNS = 40;
const now = Date.parse("2026-03-02T09:00:00.000Z");
const zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

const fleet = simulatedFleet({ size: TARGETS, cells: 100 });
let number = 0;
for (const network of fleet.networks.values())
  if (number++ % 2 === 0)
    network.window = { timeZone: zones[number % zones.length] ?? "UTC", from: `0${number % 10}:00`, to: "23:00" };
const networks = [...fleet.networks.keys()].flatMap((id) => sight(fleet, id, now) ?? []);
const spec = parse(RolloutSpec, {
  change: { release: "1.5.0" },
  waves: [{ percent: 100 }],
  maxConcurrent: { total: 200, perCell: 5, perRegion: "10%" },
  maxFailed: "5%",
});
const findRelease = (): PlannedRelease => ({
  upgradesFrom: ["1.x"],
  downgradesTo: ["1.x"],
  withdrawn: null,
});
const plan = () =>
  planRollout({
    id: "rol_00000000000000000000000001" as RolloutId,
    spec,
    actor: "bench",
    reason: "bench",
    now,
    networks,
    findRelease,
  });

const planned: number[] = [];
for (let run = 0; run < 5; run++) {
  const began = performance.now();
  plan();
  planned.push(performance.now() - began);
}
print(`plan of ${TARGETS} targets, p50`, milliseconds(percentile(planned, 0.5)), "goal ≤ 2 s");

const { rollout, targets } = plan();
const kept = { rollout: activated(rollout, now), targets: new Map(targets.map((one) => [one.network, one] as const)) };
const policies = { freezes: [], withdrawn: null };
const passes: number[] = [];
let at = now;
for (let run = 0; run < RUNS; run++) {
  const sighted = [...kept.targets.values()].map((target) => ({ target, seen: sight(fleet, target.network, at) }));
  const began = performance.now();
  const { nextWakeAt } = advance(kept.rollout, sighted, at, policies);
  passes.push(performance.now() - began);
  turn(kept, fleet, at, policies);
  at = nextWakeAt ?? at;
}
print(`one advance over ${TARGETS} targets, first (cold)`, milliseconds(passes[0] ?? 0));
print(`one advance over ${TARGETS} targets, p50`, milliseconds(percentile(passes, 0.5)), "goal ≤ 50 ms");
print(`one advance over ${TARGETS} targets, p95`, milliseconds(percentile(passes, 0.95)), "goal ≤ 50 ms");

/** 300 networks of 20 s each, ten at once, with ten minutes to bake after each wave but the last: on the clock of the simulator. */
function simulatedMinutes(): number {
  const small = simulatedFleet({ size: 300, cells: 10, updateMs: 20_000 });
  const seen = [...small.networks.keys()].flatMap((id) => sight(small, id, now) ?? []);
  const waves = { change: { release: "1.5.0" }, waves: [1, 5, 25, 100].map((percent) => ({ percent })) };
  const asked = parse(RolloutSpec, { ...waves, maxConcurrent: 10, bake: "10m" });
  const born = { id: rollout.id, spec: asked, actor: "bench", reason: "bench", now };
  const made = planRollout({ ...born, networks: seen, findRelease });
  const kept = {
    rollout: activated(made.rollout, now),
    targets: new Map(made.targets.map((one) => [one.network, one])),
  };
  let at = now;
  while (!rolloutHasEnded(kept.rollout)) at = turn(kept, small, at, policies).nextWakeAt ?? at;
  return (at - now) / 60_000;
}
print("300 networks, 10 at once, 1/5/25/100 %, simulated", `${simulatedMinutes().toFixed(1)} min`, "goal ≈ 45 min");

await measureStoredRollout(TARGETS);
