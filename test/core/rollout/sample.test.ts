import { expect, it } from "vitest";
import { sampleOf } from "#core/model/rollout/sample.ts";
import { summaryOf } from "#core/model/rollout/summary.ts";
import { aRollout, type Running, rowsOf, runToEnd } from "./a-rollout.ts";

const all = { waves: [{ percent: 100 }], maxFailed: "100%", maxConcurrent: 10_000 };
const ended = (size: number, failures: number): Running => {
  const running = aRollout(all, { size, failures });
  runToEnd(running);
  return running;
};
const summaryBySample = (running: Running) => {
  const rows = rowsOf(running);
  const read = sampleOf(rows).flatMap(({ network }) => running.targets.get(network) ?? []);
  return { read: read.length, summary: summaryOf(running.rollout, read, rows) };
};

it.each([1, 30, 200])("reads whatever ended of %d targets, and sums up the same as of all", (size) => {
  const running = ended(size, 0.2);
  const { read, summary } = summaryBySample(running);
  expect(read).toBe(size);
  const { failures, ...rest } = summaryOf(running.rollout, [...running.targets.values()]);
  expect(summary).toMatchObject(rest);
  expect(summary.failures.map(({ count }) => count)).toEqual(failures.map(({ count }) => count));
});

it("reads no more than some hundred of 5,000, from all over them, and still counts every one", () => {
  const running = ended(5_000, 0.2);
  const { read, summary } = summaryBySample(running);
  expect(read).toBe(700);
  const failed = [...running.targets.values()].filter(({ state }) => state === "failed").length;
  expect(summary).toMatchObject({ targets: 5_000, states: { done: 5_000 - failed, failed } });
  expect(summary.updateMs).toEqual({ p50: 30_000, p95: 30_000 });
  const done = sampleOf(rowsOf(running)).filter(({ state }) => state === "done");
  const places = done.map(({ network }) => [...running.targets.keys()].indexOf(network));
  expect(Math.max(...places)).toBeGreaterThan(4_900);
});
