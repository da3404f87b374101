import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Deferral, deferredAt, deferUpdate } from "#core/model/rollout/defer.ts";
import { noticeOf } from "#core/model/rollout/notice.ts";
import { sight } from "../../../scripts/simulate/fleet.ts";
import { aRollout, counts, runToEnd, runUntil, step, T0 } from "./a-rollout.ts";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const at = (ms: number) => new Date(ms).toISOString();
const order = (until: number | null, now = T0) => ({
  ...{ reason: "holidays", actor: "ann", plan: "standard" as const, announcedAt: T0, now },
  until: until === null ? null : at(until),
});
const all = { waves: [{ percent: 100 }] };

describe("a deferral", () => {
  it("is kept with who wanted it and why, and counts", () => {
    const first = deferUpdate(undefined, order(T0 + DAY));
    expect(first).toEqual({ until: at(T0 + DAY), times: 1, reason: "holidays", by: "ann" });
    expect(deferUpdate(first, order(T0 + 2 * DAY))).toMatchObject({ until: at(T0 + 2 * DAY), times: 2 });
  });

  it("said again is the same, and counts no more", () => {
    const first = deferUpdate(undefined, order(T0 + DAY));
    expect(deferUpdate(first, order(T0 + DAY))).toBe(first);
    expect(deferUpdate(undefined, order(null))).toBeUndefined();
  });

  it.each([
    [
      "more often than the plan lets",
      { until: at(T0 + DAY), times: 2, reason: "", by: "ann" },
      T0 + 2 * DAY,
      "may be deferred 2 times",
    ],
    ["longer than the plan lets", undefined, T0 + 7 * DAY + 1, "7 days"],
    ["until what is over", undefined, T0 - 1, "is over already"],
    ["until now", undefined, T0, "is over already"],
  ])("is refused %s", (_what, before, until, says) => expect(() => deferUpdate(before, order(until))).toThrow(says));

  it("that was taken back counts as one all the same", () => {
    const taken = deferUpdate(deferUpdate(undefined, order(T0 + DAY)), order(null));
    expect(taken).toMatchObject({ until: null, times: 1 });
    expect(deferredAt(taken, T0)).toBeNull();
    expect(deferUpdate(taken, order(T0 + DAY))).toMatchObject({ times: 2 });
  });

  it("is never longer or more often than the plan lets, whatever is asked and when", () => {
    const step = fc.record({ until: fc.option(fc.integer({ min: -DAY, max: 20 * DAY })), after: fc.nat(DAY) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let deferral: Deferral | undefined;
        let now = T0;
        for (const { until, after } of steps) {
          now += after;
          try {
            deferral = deferUpdate(deferral, order(until === null ? null : T0 + until, now));
          } catch {
            // Refused: what was before stands.
          }
          expect(deferral?.times ?? 0).toBeLessThanOrEqual(2);
          expect(deferredAt(deferral, now) ?? T0).toBeLessThanOrEqual(T0 + 7 * DAY);
        }
      }),
    );
  });
});

describe("a rollout over a network whose owner put it off", () => {
  const deferred = (spec: object) => {
    const running = aRollout({ ...all, ...spec }, { size: 3 });
    const [first] = [...running.targets.values()];
    if (!first) throw new Error("no target");
    const deferral = deferUpdate(undefined, order(T0 + DAY));
    running.targets.set(first.network, { ...first, ...(deferral ? { deferral } : {}) });
    return { running, network: first.network };
  };

  it("does the others, waits, says until when, and goes on by itself", () => {
    const { running, network } = deferred({});
    expect(step(running).start).toHaveLength(2);
    const { explanation } = runUntil(running, ({ now }) => now >= T0 + HOUR);
    expect(explanation.summary).toContain(`its owner deferred it until ${at(T0 + DAY)}`);
    expect(counts(running)).toEqual({ done: 2, waiting: 1 });
    expect(running.targets.get(network)?.blocked).toBeNull();
    runToEnd(running);
    expect(counts(running)).toEqual({ done: 3 });
    expect(running.now).toBeGreaterThanOrEqual(T0 + DAY);
  });

  it("does not wait where it is told not to", () => {
    const { running } = deferred({ deferrals: "ignore" });
    expect(step(running).start).toHaveLength(3);
  });
});

describe("what an owner is told", () => {
  const nightly = { timeZone: "Europe/Berlin", from: "22:00", to: "23:00" };
  const told = (spec: object, prepare: Parameters<typeof aRollout>[2] = () => {}) => {
    const running = aRollout({ ...all, ...spec }, { size: 1 }, prepare);
    const messages: string[] = [];
    const [before] = [...running.targets.values()];
    let last = before;
    runUntil(running, () => {
      const [now] = [...running.targets.values()];
      const seen = now && sight(running.fleet, now.network, running.now);
      const notice = last && now && noticeOf(last, now, { seen, spec: running.rollout.spec });
      if (notice) messages.push(`${notice.type}: ${notice.message}`);
      last = now;
      return false;
    });
    return messages;
  };

  it("comes before the window and after the change, each once", () => {
    const messages = told({}, ({ networks }) => {
      for (const network of networks.values()) network.window = nightly;
    });
    expect(messages).toEqual([
      "update.coming: It will be updated 1.4.0 → 1.5.0: it waits for its window 22:00–23:00 Europe/Berlin, which opens at 2026-03-02T21:00:00.000Z.",
      "update.done: It was updated 1.4.0 → 1.5.0 in its window 22:00–23:00 Europe/Berlin.",
    ]);
  });

  it("without a window is only what was done", () => {
    expect(told({})).toEqual(["update.done: It was updated 1.4.0 → 1.5.0."]);
  });
});
