import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { aRollingFleet, type RollingFleet, until } from "../test/e2e/rolling-fleet.ts";
import type { Json } from "../test/e2e/standalone.ts";
import { milliseconds, print } from "./figures.ts";

/** In two embedded cells, each with a node that sends events all the time. */
const NETWORKS = 20;
const IN_FLIGHT = 4;

const quick = { bake: "1s", minHealthyFor: "1s", nodes: { share: 90, within: "20s" }, healthyDeadline: "30s" };

const fleet: RollingFleet = await aRollingFleet(NETWORKS);
try {
  await fleet.publish("0.2.0", ["0.1.x"]);
  const connections = () => Promise.all(fleet.networks.map(({ connection }) => connection()));
  const releases = async (): Promise<string> =>
    [...new Set(await Promise.all(fleet.networks.map((one) => one.running())))].join(", ");
  const ended = (id: string) =>
    until(
      () => fleet.rollout(id),
      ({ endedAt }: Json) => endedAt !== null,
      600_000,
    );
  await until(
    () => fleet.networks.map(({ arrived }) => arrived().length),
    (arrived) => arrived.every((count) => count > 0),
    60_000,
  );
  const before = await connections();

  const waves = [{ count: 1 }, { percent: 25 }, { percent: 100 }];
  const id = await fleet.roll({ change: { release: "0.2.0" }, waves, maxConcurrent: IN_FLIGHT, ...quick });
  const { state, summary } = await ended(id);
  const { updateMs, tookMs } = summary;
  print(`${NETWORKS} networks, ${IN_FLIGHT} at once, 0.1.0 → 0.2.0: ${state}`, `${(tookMs / 1_000).toFixed(0)} s`);
  print("time per network, p50", milliseconds(updateMs.p50));
  print("time per network, p95", milliseconds(updateMs.p95));
  print("what runs", await releases());
  const dropped = (await connections()).filter((one, at) => JSON.stringify(one) !== JSON.stringify(before[at]));
  print("nodes that lost their connection", String(dropped.length), "goal 0");

  const all = [{ percent: 100 }];
  const other = await fleet.roll({
    change: { settings: { heartbeat: "30s" } },
    waves: all,
    maxConcurrent: 2,
    ...quick,
  });
  const started = async () => (await fleet.targets(other)).filter(({ attempt }: Json) => attempt !== null).length;
  await until(started, (count) => count > 0, 30_000);
  for (const verb of ["pause", "resume", "abort"]) {
    const asked = Date.now();
    const { status } = await fleet.plane.call("POST", `/v1/rollouts/${other}/${verb}`, { reason: "bench" });
    const took = Date.now() - asked;
    const told = await started();
    if (verb === "pause") await until(async () => (await fleet.targets(other)).filter(inFlight).length, isNone, 60_000);
    const late = verb === "resume" ? "" : `; ${(await started()) - told} started after it`;
    print(`${verb}: answered ${status}${late}`, milliseconds(took), "goal ≤ 2 s");
  }
  await ended(other);

  writeFileSync(join(fleet.plane.data, "builds", "0.4.0.mjs"), "process.exit(1);\n");
  await fleet.publish("0.4.0", ["0.2.x"]);
  const broken = { change: { release: "0.4.0" }, waves, maxFailed: 0, onFailure: "rollback" };
  const bad = await fleet.roll({ ...broken, ...quick, nodes: { share: 90, within: "10s" }, healthyDeadline: "12s" });
  const end = await ended(bad);
  const touched = (await fleet.targets(bad)).filter(({ attempt }: Json) => attempt !== null).length;
  print(`a release that crashes: ${end.state}, networks touched`, String(touched), "goal: the first wave");
  const [failed] = (await fleet.targets(bad)).filter(({ attempt }: Json) => attempt?.failure);
  const breach = Date.parse(failed.attempt.failure.at);
  print("from the failure to the turn back", milliseconds(Date.parse(failed.undo.startedAt) - breach), "goal ≤ 2 s");
  print("what runs", await releases());

  fleet.hush();
  let lost = 0;
  for (const { arrived, written } of fleet.networks) {
    await until(
      () => arrived().length,
      (count) => count >= written(),
      60_000,
    ).catch(() => undefined);
    lost += written() - new Set(arrived()).size;
  }
  const sent = fleet.networks.reduce((sum, { written }) => sum + written(), 0);
  print(`events lost of ${sent}`, String(lost), "goal 0");
} finally {
  await fleet.close();
}

function inFlight({ state }: Json): boolean {
  return state === "updating" || state === "soaking";
}
function isNone(count: number): boolean {
  return count === 0;
}
