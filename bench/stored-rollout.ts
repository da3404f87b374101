import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetworkSpec } from "#core/model/network.ts";
import { parse } from "#core/model/parse.ts";
import { ReleaseSpec } from "#core/model/release/release.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { publishRelease } from "#core/operations/publish-release.ts";
import { advanceRollout } from "#core/operations/rollout/advance-rollout.ts";
import { commandRollout } from "#core/operations/rollout/command-rollout.ts";
import { listTargets } from "#core/operations/rollout/list-targets.ts";
import { readRollout } from "#core/operations/rollout/read-rollout.ts";
import { startRollout } from "#core/operations/rollout/start-rollout.ts";
import { aControlPlane, sqliteIntent } from "../test/control-plane.ts";
import { catchUp, plan, seedFleet } from "../test/seed-fleet.ts";
import { milliseconds, percentile, print } from "./figures.ts";

const HOUR = 60 * 60_000;
const CREATES = 200;

/** A rollout over so many networks in an SQLite file: its plan, its passes, its commands, and what customers notice of it. */
export async function measureStoredRollout(size: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-bench-"));
  const made = await aControlPlane({ intent: sqliteIntent(join(folder, "intent.db")) });
  // The bench turns the loop itself.
  const workflows = { ...made.deps.workflows, start: async () => "started" as const };
  const plane = { ...made, deps: { ...made.deps, workflows } };
  const cells = await Promise.all(
    Array.from({ length: 20 }, async () => (await plane.addCell({ limits: { networks: 10_000 } })).id),
  );
  const release = parse(ReleaseSpec, { version: "0.2.0", upgradesFrom: ["0.1.x"], downgradesTo: ["0.1.x"] });
  await publishRelease(plane.deps, plane.caller, { spec: release, idempotencyKey: undefined });
  await seedFleet(plane, size, cells);
  plane.clock.advance(2 * HOUR);
  await plane.report(...cells);

  const timed = async <T>(act: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number; cpu: string }> => {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    const value = await act();
    const { user, system } = process.cpuUsage(cpu);
    return { value, ms: performance.now() - began, cpu: `${milliseconds((user + system) / 1_000)} of CPU` };
  };
  let number = 0;
  const create = async (): Promise<number> => {
    const spec = NetworkSpec.parse({ name: `customer-${number++}` });
    const request = { org: "default", spec, idempotencyKey: undefined };
    return (await timed(() => createNetwork(plane.deps, plane.caller, request))).ms;
  };
  const alone: number[] = [];
  for (let at = 0; at < CREATES; at++) alone.push(await create());

  const asked = { change: { release: "0.2.0" }, waves: [{ percent: 100 }], maxConcurrent: 200 };
  const spec = parse(RolloutSpec, asked);
  const started = await timed(() => startRollout(plane.deps, plane.caller, { spec, reason: "bench" }));
  const { id } = started.value;
  const planned = await timed(() => plan(plane.deps, id));
  print(`POST of a rollout of ${size}, SQLite`, milliseconds(started.ms), started.cpu);
  print(`PlanRollout of ${size}, stored in pages, SQLite`, milliseconds(planned.ms), `goal ≤ 2 s (${planned.cpu})`);

  const looked = await timed(() => readRollout(plane.deps, id));
  print(`GET of a rollout of ${size}, SQLite`, milliseconds(looked.ms), looked.cpu);
  const listed = await timed(() => listTargets(plane.deps, id, { state: "pending" }, { limit: 200, after: undefined }));
  print(`GET of 200 of its targets, SQLite`, milliseconds(listed.ms), listed.cpu);

  let loops = 0;
  const pass = async (): Promise<number> => {
    const { value, ms } = await timed(() => advanceRollout(plane.deps, { rollout: id, attempt: 1, loops }));
    loops = value.loops;
    return ms;
  };
  const goOn = async (): Promise<void> => {
    await catchUp(plane, id, cells);
    plane.clock.advance(11_000);
    await plane.report(...cells);
  };
  print("one pass that starts 200, SQLite", milliseconds(await pass()));
  print("one pass with 200 in flight and nothing new, SQLite", milliseconds(await pass()));
  const passes: number[] = [];
  const during: number[] = [];
  while (during.length < CREATES) {
    await goOn();
    let isRunning = true;
    const running = pass().finally(() => {
      isRunning = false;
    });
    while (isRunning && during.length < CREATES) during.push(await create());
    passes.push(await running);
  }
  print("one pass that settles and starts, with creates, p50", milliseconds(percentile(passes, 0.5)));
  for (const share of [0.5, 0.95]) {
    const [before, then] = [percentile(alone, share), percentile(during, share)];
    const figures = `${before.toFixed(1)} → ${then.toFixed(1)} ms`;
    print(`create while a rollout starts 200, p${share * 100}`, figures, `× ${(then / before).toFixed(1)}`);
  }

  const paused = await timed(() =>
    commandRollout(plane.deps, plane.caller, { id, command: { verb: "pause" }, reason: "bench" }),
  );
  print(`pause of a rollout of ${size}, SQLite`, milliseconds(paused.ms), "goal ≤ 2 s");
  const met = await timed(() => readRollout(plane.deps, id));
  print(`GET of it once ${met.value.summary.states.done} are done, SQLite`, milliseconds(met.ms), met.cpu);
  await plane.close();
  rmSync(folder, { recursive: true, force: true });
}
