import { expect, it } from "vitest";
import { healthOf, RecentRates } from "../../../edge/engine/health.ts";

const well = {
  now: 1_000_000,
  state: "running",
  blocked: 0,
  recentIn: 100,
  recentErrors: 5,
  held: 0,
  progressAt: 0,
  behindSince: undefined,
  limits: { deadlineMs: 120_000, maxErrorRate: 0.05, maxLagMs: 600_000 },
} as const;

it.each([
  [{}, "ok"],
  [{ state: "starting" }, "starting"],
  [{ state: "stopped" }, "stopped"],
  [{ state: "failed" }, "failed"],
  [{ recentErrors: 6 }, "degraded"],
  [{ recentIn: 0, recentErrors: 0 }, "ok"],
  [{ blocked: 1 }, "degraded"],
  [{ held: 1, progressAt: 880_000 }, "ok"],
  [{ held: 1, progressAt: 879_999 }, "degraded"],
  [{ behindSince: 400_000 }, "ok"],
  [{ behindSince: 399_999 }, "degraded"],
] as const)("%j is %s", (facts, expected) => {
  expect(healthOf({ ...well, ...facts })).toBe(expected);
});

it("rates forget after a minute", () => {
  const rates = new RecentRates();
  expect(rates.of(0, { in: 10, errors: 5 })).toEqual({ recentIn: 10, recentErrors: 5 });
  expect(rates.of(30_000, { in: 20, errors: 5 })).toEqual({ recentIn: 20, recentErrors: 5 });
  expect(rates.of(65_000, { in: 21, errors: 6 })).toEqual({ recentIn: 11, recentErrors: 1 });
});
