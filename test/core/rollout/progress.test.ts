import { describe, expect, it } from "vitest";
import { progressOf } from "#core/model/rollout/progress.ts";
import { summaryOf } from "#core/model/rollout/summary.ts";
import { aRollout, type Running, rowsOf, runToEnd, runUntil } from "./a-rollout.ts";

const look = (running: Running) => {
  const { rollout, targets, now } = running;
  return progressOf(rollout, rowsOf(running), summaryOf(rollout, [...targets.values()]).updateMs, now);
};

const shape = { size: 20, cells: 2, regions: 1 };
const spec = { waves: [{ count: 2 }, { percent: 100 }], maxConcurrent: 5, maxFailed: 3, bake: "10m" };

describe("the progress of a rollout", () => {
  it("counts each wave, and what may be", () => {
    expect(look(aRollout({ ...spec, maxFailed: { total: 3, perWave: "50%" } }, shape))).toEqual({
      waves: [
        { targets: 2, states: { pending: 2 } },
        { targets: 18, states: { pending: 18 } },
      ],
      budget: { failed: 0, allowed: 3, perWave: { failed: 0, allowed: 1 } },
      slots: { taken: 0, limit: 5 },
      eta: null,
    });
  });

  it("knows no end before the first change was made, nor where it stands still", () => {
    const running = aRollout(spec, shape);
    runUntil(running, ({ targets }) => [...targets.values()].some(({ state }) => state === "updating"));
    expect(look(running)).toMatchObject({ slots: { taken: 2 }, eta: null });
    runUntil(running, ({ rollout }) => rollout.state === "baking");
    expect(look(running).eta).not.toBeNull();
    expect(look({ ...running, rollout: { ...running.rollout, state: "paused" } }).eta).toBeNull();
  });

  it("foresees its end to the minute once it bakes", () => {
    const running = aRollout(spec, shape);
    runUntil(running, ({ rollout }) => rollout.state === "baking");
    const eta = Date.parse(look(running).eta ?? "");
    runToEnd(running);
    const ended = Date.parse(running.rollout.endedAt ?? "");
    expect(Math.abs(eta - ended)).toBeLessThan(60_000);
  });

  it("has no end to foresee once it has ended", () => {
    const running = aRollout(spec, shape);
    runToEnd(running);
    expect(look(running)).toMatchObject({
      waves: [{ states: { done: 2 } }, { states: { done: 18 } }],
      slots: { taken: 0 },
      eta: null,
    });
  });
});
