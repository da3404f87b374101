import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aRollingFleet, type RollingFleet, until } from "./rolling-fleet.ts";
import type { Json } from "./standalone.ts";

const NETWORKS = 3;
const quick = { bake: "1s", minHealthyFor: "1s", nodes: { share: 90, within: "10s" }, healthyDeadline: "12s" };

/** Networks in two cells go from a release to the next while nodes send events, and a broken one is taken back. */
describe("a rollout on one machine", () => {
  let fleet: RollingFleet;
  beforeAll(async () => {
    fleet = await aRollingFleet(NETWORKS);
    await fleet.publish("0.2.0", ["0.1.x"]);
    await flows();
  }, 180_000);
  afterAll(() => fleet?.close());

  /** Of each network something comes out that was written after this was asked. */
  const flows = async () => {
    const before = fleet.networks.map(({ written }) => written());
    await until(
      () => fleet.networks.map(({ arrived }) => arrived().length),
      (arrived) => arrived.every((count, at) => count > (before[at] ?? 0)),
      120_000,
    );
  };
  const connections = () => Promise.all(fleet.networks.map(({ connection }) => connection()));
  const running = () => Promise.all(fleet.networks.map((one) => one.running()));
  const generations = () =>
    Promise.all(
      fleet.networks.map(
        async ({ network }) => (await fleet.plane.call("GET", `/v1/networks/${network.id}`)).json.generation,
      ),
    );
  const ended = (id: string) =>
    until(
      () => fleet.rollout(id),
      ({ endedAt }: Json) => endedAt !== null,
      90_000,
    );

  it("changes every network once, under nodes that nobody disconnects", async () => {
    const before = await connections();
    expect(before.map((one) => one.length)).toEqual(before.map(() => 1));
    const id = await fleet.roll({
      ...{ change: { release: "0.2.0" }, waves: [{ count: 1 }, { percent: 100 }], maxConcurrent: 2, ...quick },
    });
    expect(await ended(id)).toMatchObject({ state: "succeeded", summary: { states: { done: NETWORKS } } });
    expect(await running()).toEqual(fleet.networks.map(() => "0.2.0"));
    expect(await generations()).toEqual(fleet.networks.map(() => 2));
    expect(await connections()).toEqual(before);
    await flows();
  }, 120_000);

  it("stops in its first wave where the release crashes, and every network is back on the old one, serving", async () => {
    const before = await connections();
    writeFileSync(join(fleet.plane.data, "builds", "0.4.0.mjs"), "process.exit(1);\n");
    await fleet.publish("0.4.0", ["0.2.x"]);
    const id = await fleet.roll({
      ...{ change: { release: "0.4.0" }, waves: [{ count: 1 }, { percent: 100 }], maxFailed: 0, onFailure: "rollback" },
      ...quick,
    });
    expect(await ended(id)).toMatchObject({ state: "rolled-back" });
    const targets = await fleet.targets(id);
    expect(targets.map(({ state }: Json) => state).sort()).toEqual(["rolled-back", "skipped", "skipped"]);
    const [touched] = targets.filter(({ attempt }: Json) => attempt !== null);
    expect(touched).toMatchObject({ wave: 0, state: "rolled-back" });
    expect(touched.attempt.failure.message).not.toBe("");
    expect(await running()).toEqual(fleet.networks.map(() => "0.2.0"));
    expect((await generations()).sort()).toEqual([2, 2, 4]);
    expect(await connections()).toEqual(before);
    await flows();
  }, 120_000);

  it("obeys at once when it is told to pause, to go on and to end", async () => {
    const id = await fleet.roll({
      change: { settings: { heartbeat: "30s" } },
      waves: [{ percent: 100 }],
      maxConcurrent: 1,
      ...quick,
    });
    const tell = async (verb: string) => {
      const { status, text } = await fleet.plane.call("POST", `/v1/rollouts/${id}/${verb}`, { reason: "test" });
      expect([status, text]).toEqual([202, text]);
    };
    const states = async () => (await fleet.targets(id)).map(({ state }: Json) => state);
    await until(states, (all) => all.includes("updating") || all.includes("soaking"), 20_000);
    await tell("pause");
    expect(await fleet.rollout(id)).toMatchObject({ state: "paused", paused: { reason: "test" } });
    await until(states, (all) => all.filter((state) => state === "done").length === 1, 40_000);
    expect((await states()).filter((state: string) => state !== "done")).toEqual(["pending", "pending"]);
    await tell("resume");
    await until(states, (all) => all.filter((state) => state === "pending" || state === "waiting").length < 2, 20_000);
    await tell("abort");
    expect(await ended(id)).toMatchObject({ state: "aborted" });
  }, 120_000);

  it("loses no event on the way", async () => {
    fleet.hush();
    for (const { arrived, written } of fleet.networks) {
      await until(
        () => arrived().length,
        (count) => count >= written(),
        120_000,
      );
      expect(arrived()).toEqual(Array.from({ length: written() }, (_, n) => n));
    }
  }, 60_000);
});
