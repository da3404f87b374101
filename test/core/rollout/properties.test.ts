import fc from "fast-check";
import { expect, it } from "vitest";
import { advance } from "#core/model/rollout/advance.ts";
import { commandRollout, possibleCommands, type RolloutCommand } from "#core/model/rollout/command-rollout.ts";
import type { Freeze } from "#core/model/rollout/freeze.ts";
import { joinedTarget } from "#core/model/rollout/plan-rollout.ts";
import { rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import { currentAttempt, type RolloutTarget, targetHasEnded } from "#core/model/rollout/target.ts";
import { addNetwork, cellNumber, networkNumber, sight } from "../../../scripts/simulate/fleet.ts";
import { aRollout, type Running, step, T0 } from "./a-rollout.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Open from 10 to 11 and from 22 to 23 UTC, the rollouts begin at 9: each of these is one rule said twice, here by the hour alone. */
const windows = [
  { window: { timeZone: "UTC", from: "10:00", to: "11:00" }, hours: [10] },
  { window: { timeZone: "Asia/Kolkata", from: "15:30", to: "17:30" }, hours: [10, 11] },
];

const aStep = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ do: "wait" as const, by: 0 }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), by: fc.integer({ min: -20 * MINUTE, max: 30 * MINUTE }) }),
  },
  fc.record({ do: fc.constant("command" as const), pick: fc.nat(20), pace: fc.integer({ min: 1, max: 6 }) }),
  fc.record({
    do: fc.constantFrom("silence" as const, "speak" as const, "hold" as const, "freeze" as const),
    cell: fc.nat(3),
  }),
  fc.record({
    do: fc.constantFrom("delete" as const, "pin" as const, "move" as const, "break" as const),
    net: fc.nat(39),
  }),
  fc.record({ do: fc.constant("join" as const), net: fc.integer({ min: 100, max: 140 }) }),
);
type Step = typeof aStep extends fc.Arbitrary<infer S> ? S : never;

const aCase = fc.record({
  size: fc.integer({ min: 1, max: 40 }),
  failures: fc.constantFrom(0, 0.05, 0.5, 1),
  windowed: fc.boolean(),
  seed: fc.nat(1_000),
  spec: fc.record({
    waves: fc.constantFrom(
      [{ percent: 100 }],
      [{ percent: 1 }, { percent: 5 }, { percent: 25 }, { percent: 100 }],
      [{ selector: { labels: "tier=canary" } }, { count: 5 }, { percent: 100 }],
    ),
    maxConcurrent: fc.constantFrom<unknown>(1, 4, "10%", { total: 6, perCell: 1 }, { total: "50%", perRegion: 2 }),
    maxFailed: fc.constantFrom<unknown>(0, 2, "10%", { total: 5, perWave: 1 }),
    onFailure: fc.constantFrom("pause", "rollback", "abort"),
    bake: fc.constantFrom("1s", "10m"),
  }),
  steps: fc.array(aStep, { maxLength: 60 }),
});

/** Of 40 targets a pass reads a few, as of 10,000 it reads some hundred. */
const few = { all: 3, next: 1, again: 2, write: 3 };

/** What the test itself knows of the limits: counted from records, as somebody who distrusts the engine would. */
function countsOf(running: Running) {
  const flying = [...running.targets.values()].filter(({ state }) => state === "updating" || state === "soaking");
  const by = (key: "cell" | "region") => {
    const counted = new Map<string, number>();
    for (const target of flying) {
      const place = currentAttempt(target)?.[key] ?? "";
      counted.set(place, (counted.get(place) ?? 0) + 1);
    }
    return Math.max(0, ...counted.values());
  };
  return { total: flying.length, cell: by("cell"), region: by("region") };
}

const freezeOf = (cell: number, now: number): Freeze =>
  ({
    id: "frz_00000000000000000000000001",
    scope: { cell: cellNumber(cell) },
    reason: "test",
    until: new Date(now + 15 * MINUTE).toISOString(),
    actor: "ann",
    createdAt: new Date(now).toISOString(),
  }) as Freeze;

function happen(running: Running, step: Exclude<Step, { do: "wait" }>): void {
  const { fleet, now } = running;
  if (step.do === "command") {
    give(running, step);
    return;
  }
  if (step.do === "join") {
    if (running.targets.has(networkNumber(step.net)) || rolloutHasEnded(running.rollout)) return;
    addNetwork(fleet, step.net, { cells: 4, regions: 2, breaks: false, nodes: 3 });
    const seen = sight(fleet, networkNumber(step.net), now);
    if (seen) running.targets.set(seen.network, joinedTarget(running.rollout, seen, now));
    return;
  }
  if ("cell" in step) {
    const cell = cellNumber(step.cell);
    if (step.do === "silence") fleet.silent.set(cell, Math.min(now, fleet.silent.get(cell) ?? now));
    else if (step.do === "hold") fleet.held.set(cell, "site");
    else if (step.do === "freeze") running.policies = { withdrawn: null, freezes: [freezeOf(step.cell, now)] };
    else for (const known of [fleet.silent, fleet.held]) known.delete(cell);
    return;
  }
  const network = fleet.networks.get(networkNumber(step.net));
  if (!network) return;
  if (step.do === "delete") network.gone = true;
  if (step.do === "pin") network.pinned = true;
  if (step.do === "break") network.breaks = true;
  if (step.do === "move") network.belonging = { ...network.belonging, cell: cellNumber(3), region: "region-1" };
}

function give(running: Running, { pick, pace }: { pick: number; pace: number }): void {
  const verbs = possibleCommands(running.rollout).filter((verb) => verb !== "retry-failed");
  const verb = verbs[pick % Math.max(1, verbs.length)];
  if (verb === undefined || rolloutHasEnded(running.rollout)) return;
  const command: RolloutCommand = verb === "pace" ? { verb, pace: { total: pace } } : { verb };
  const failures = [...running.targets.values()].filter(({ attempt }) => attempt?.failure).length;
  running.rollout = commandRollout(running.rollout, command, {
    actor: "ann",
    reason: "because",
    now: running.now,
    failures,
  });
}

/** One pass, and everything that must hold of it. */
function check(running: Running): number | null {
  const before = { rollout: running.rollout, targets: new Map(running.targets), counts: countsOf(running) };
  const decision = step(running);
  const { now, fleet, policies } = running;
  const { rollout } = running;
  const started = decision.start.map((id) => ({
    target: before.targets.get(id) as RolloutTarget,
    seen: sight(fleet, id, now),
  }));

  if (decision.start.length > 0) {
    expect(before.rollout.paused).toBeNull();
    expect(rollout.state).toBe("running");
    expect([rollout.stopping, rollout.rollback, rollout.paused]).toEqual([null, null, null]);
    const targets = [...running.targets.values()];
    const failed = targets.filter(({ attempt }) => attempt?.failure).length - rollout.forgiven;
    const { total } = rollout.spec.maxFailed;
    const allowed = typeof total === "number" ? total : Math.floor((targets.length * Number.parseInt(total, 10)) / 100);
    expect(failed).toBeLessThanOrEqual(allowed);
  }
  for (const { target, seen } of started) {
    expect(target.attempt).toBeNull();
    expect(running.targets.get(target.network)?.wave).toBeLessThanOrEqual(rollout.wave);
    expect(seen).toBeDefined();
    if (!seen) continue;
    expect(policies.freezes.filter(({ scope, until }) => scope.cell === seen.cell && now < Date.parse(until))).toEqual(
      [],
    );
    expect(fleet.held.has(seen.cell)).toBe(false);
    expect(now - (seen.cellState.reportedAt ?? 0)).toBeLessThanOrEqual(MINUTE);
    const rule = windows.find(({ window }) => window === seen.window);
    if (rule) expect(rule.hours).toContain(new Date(now).getUTCHours());
  }
  for (const wave of new Set(started.map(({ target }) => running.targets.get(target.network)?.wave ?? 0)))
    for (const target of running.targets.values()) if (target.wave < wave) expect(targetHasEnded(target)).toBe(true);

  const after = countsOf(running);
  const size = [...running.targets.values()].length;
  const { total, perCell, perRegion } = rollout.pace;
  const most =
    typeof total === "number" ? Math.max(1, total) : Math.max(1, Math.floor((size * Number.parseInt(total, 10)) / 100));
  // A lower pace or a network that left takes nothing back from what is in flight.
  expect(after.total).toBeLessThanOrEqual(Math.max(most, before.counts.total));
  if (typeof perCell === "number") expect(after.cell).toBeLessThanOrEqual(Math.max(perCell, before.counts.cell));
  if (typeof perRegion === "number")
    expect(after.region).toBeLessThanOrEqual(Math.max(perRegion, before.counts.region));

  // What was told to go back and not waited for has ended by that write: that is news.
  if (decision.rollback.length > 0) return check(running);
  // Who does not look at everything looks at something else next time.
  if (running.sizes) return decision.nextWakeAt;

  const sighted = [...running.targets.values()].map((target) => ({ target, seen: sight(fleet, target.network, now) }));
  const again = advance(rollout, sighted, now, policies);
  expect([again.start, again.rollback, again.moved]).toEqual([[], [], []]);
  expect(again.rollout).toBe(rollout);
  expect(advance(rollout, sighted, now, policies)).toEqual(again);
  if (decision.nextWakeAt !== null) expect(decision.nextWakeAt).toBeGreaterThan(now);
  expect(decision.explanation.summary).not.toBe("");
  return decision.nextWakeAt;
}

it.each([
  ["all of them", {}],
  ["a few of them", { sizes: few }],
])(
  "never oversteps a limit, decides the same twice, and ends, whatever happens: looking at %s",
  (_name, looking) => {
    fc.assert(
      fc.property(aCase, ({ size, failures, windowed, seed, spec, steps }) => {
        const running = aRollout(spec, { size, failures, seed, cells: 4 }, ({ networks }) => {
          let number = 0;
          if (windowed) for (const network of networks.values()) network.window = windows[number++ % 3]?.window ?? null;
        });
        Object.assign(running, looking);
        for (const one of steps) {
          const wake = check(running);
          if (one.do === "wait")
            running.now = one.by === 0 ? (wake ?? running.now + SECOND) : Math.max(T0, running.now + one.by);
          else happen(running, one);
        }
        // Then everybody lets go: whoever paused resumes, whatever they forgive.
        for (let loops = 0; !rolloutHasEnded(running.rollout); loops++) {
          expect(loops).toBeLessThan(5_000);
          const wake = check(running);
          const { rollout, targets } = running;
          const flying = countsOf(running).total;
          if (rollout.paused && flying === 0) {
            const order = { actor: "ann", reason: "go on", now: running.now, failures: targets.size };
            running.rollout = commandRollout(rollout, { verb: "resume" }, order);
          } else if (!rolloutHasEnded(rollout)) {
            expect(wake).not.toBeNull();
            running.now = wake ?? running.now;
          }
        }
        for (const target of running.targets.values()) expect(targetHasEnded(target)).toBe(true);
        expect(check(running)).toBeNull();
      }),
      { numRuns: 80 },
    );
  },
  120_000,
);
