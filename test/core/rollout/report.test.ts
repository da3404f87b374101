import { describe, expect, it } from "vitest";
import { commandRollout } from "#core/model/rollout/command-rollout.ts";
import { ReportedTargets, reportOf } from "#core/model/rollout/report.ts";
import { cellNumber, networkNumber } from "../../../scripts/simulate/fleet.ts";
import { aRollout, type Running, runToEnd, runUntil, T0 } from "./a-rollout.ts";

const report = ({ rollout, targets }: Running) => {
  const { rollout: _rollout, summary: _summary, ...rest } = reportOf(rollout, [...targets.values()]);
  return ReportedTargets.parse(rest);
};
const all = { waves: [{ percent: 100 }], maxFailed: "100%" };

describe("the report of a rollout", () => {
  it("tells each wave's time and states", () => {
    const running = aRollout({ waves: [{ count: 2 }, { percent: 100 }], bake: "10m", maxConcurrent: 10 }, { size: 12 });
    runToEnd(running);
    expect(report(running)).toEqual({
      waves: [
        {
          ...{ targets: 2, states: { done: 2 }, tookMs: 30_000 },
          ...{ startedAt: "2026-03-02T09:00:00.000Z", settledAt: "2026-03-02T09:00:30.000Z" },
        },
        {
          ...{ targets: 10, states: { done: 10 }, tookMs: 30_000 },
          ...{ startedAt: "2026-03-02T09:10:30.000Z", settledAt: "2026-03-02T09:11:00.000Z" },
        },
      ],
      ...{ failures: [], undoFailures: [], untouched: [] },
    });
  });

  it("groups what failed, and keeps what was last heard of the first few", () => {
    const running = aRollout(all, { size: 30, cells: 3, failures: 1 }, ({ silent }) => {
      silent.set(cellNumber(2), T0 - 60 * 60_000);
    });
    runToEnd(running);
    const { failures, untouched } = report(running);
    expect(failures).toMatchObject([{ code: "unhealthy", count: 20 }]);
    expect(failures[0]?.networks).toHaveLength(20);
    expect(failures[0]?.examples).toHaveLength(5);
    expect(failures[0]?.examples[0]?.excerpt).toEqual(["Error: cannot read its state"]);
    expect(untouched).toMatchObject([{ state: "deferred", code: "cell-silent", count: 10 }]);
  });

  it("keeps what failed after it was taken back, and tells apart why others were left", () => {
    const running = aRollout({ ...all, onFailure: "rollback" }, { size: 20, failures: 0.2 }, ({ networks }) => {
      const network = networks.get(networkNumber(3));
      if (network) network.pinned = true;
    });
    runUntil(running, ({ targets }) => [...targets.values()].some(({ attempt }) => attempt?.failure));
    const deed = { actor: "ann", reason: "enough", now: running.now, failures: 0 };
    running.rollout = commandRollout(running.rollout, { verb: "roll-back" }, deed);
    runToEnd(running);
    const { failures, untouched, undoFailures } = report(running);
    const failed = [...running.targets.values()].filter(({ attempt }) => attempt?.failure).length;
    expect(failures).toMatchObject([{ code: "unhealthy", count: failed }]);
    expect(undoFailures).toEqual([]);
    expect(untouched).toContainEqual(expect.objectContaining({ state: "skipped", code: "pinned", count: 1 }));
  });

  it("is one small answer, however much failed in a large fleet", () => {
    const running = aRollout({ ...all, maxConcurrent: 10_000 }, { size: 10_000, failures: 1 });
    runToEnd(running);
    const whole = reportOf(running.rollout, [...running.targets.values()]);
    expect(whole.failures[0]).toMatchObject({ count: 10_000 });
    expect(whole.failures[0]?.networks).toHaveLength(1_000);
    expect(JSON.stringify(whole).length).toBeLessThan(1_000_000);
  });
});
