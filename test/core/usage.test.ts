import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ulids } from "#adapters/world.ts";
import {
  book,
  daysOf,
  emptyUsage,
  type Meter,
  type Usage,
  usageCsv,
  usageView,
  withBooking,
} from "#core/model/usage.ts";

const ids = ulids({ now: () => 1_700_000_000_000 });
const begun = Date.parse("2026-01-31T22:00:00.000Z");
const hour = 3_600_000;
const meter: Meter = {
  ...{ network: ids.next("net"), org: ids.next("org"), name: "factory", plan: "starter" },
  upTo: new Date(begun).toISOString(),
};
const plain = { plan: "starter", changedAt: 0, nodes: undefined } as const;

describe("the usage of a network", () => {
  it("is split by day", () => {
    expect(daysOf(begun, begun + 3 * hour)).toEqual([
      { day: "2026-01-31", ms: 2 * hour },
      { day: "2026-02-01", ms: hour },
    ]);
    expect(daysOf(begun, begun)).toEqual([]);
  });

  it("is of the plan that it had, from the moment it changed", () => {
    const { meter: next, bookings } = book(meter, {
      until: begun + hour,
      plan: "large",
      changedAt: begun + hour / 4,
      nodes: undefined,
    });
    expect(bookings).toMatchObject([
      { plan: "starter", ms: hour / 4 },
      { plan: "large", ms: (hour * 3) / 4 },
    ]);
    expect(next).toMatchObject({ plan: "large", upTo: "2026-01-31T23:00:00.000Z" });
  });

  it("is nothing while the clock stands or goes back", () => {
    for (const until of [begun, begun - hour]) {
      const { meter: next, bookings } = book(meter, { ...plain, until });
      expect([bookings, next.upTo]).toEqual([[], meter.upTo]);
    }
  });

  it("counts nodes only where somebody looked in between", () => {
    const minutes = (n: number) => book(meter, { ...plain, until: begun + n * 60_000, nodes: 7 }).bookings[0]?.nodes;
    expect([minutes(5), minutes(15), minutes(16)]).toEqual([7, 7, undefined]);
  });

  it("is booked whole and once, however often it is booked and wherever the days begin", () => {
    const steps = fc.array(fc.integer({ min: -hour, max: 30 * hour }), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (moves) => {
        let now = begun;
        let at = meter;
        let furthest = begun;
        const booked = new Map<string, number>();
        for (const move of moves) {
          now += move;
          furthest = Math.max(furthest, now);
          const { meter: next, bookings } = book(at, { ...plain, until: now });
          at = next;
          for (const { day, ms } of bookings) booked.set(day, (booked.get(day) ?? 0) + ms);
        }
        expect([...booked.values()].reduce((a, b) => a + b, 0)).toBe(furthest - begun);
        for (const ms of booked.values()) expect(ms).toBeLessThanOrEqual(24 * hour);
      }),
    );
  });

  it("is read as hours, peak and average, and exported as one line each", () => {
    const booking = { day: "2026-02-01", plan: "starter", ms: hour } as const;
    const day: Usage = [
      { ...booking, nodes: 10 },
      { ...booking, nodes: 4 },
      { ...booking, nodes: undefined },
      { ...booking, plan: "large" as const, ms: 1_800_000, nodes: undefined },
    ].reduce<Usage>(withBooking, emptyUsage(meter, "2026-02-01"));
    const row = usageView({ ...day, calls: 12 });
    expect(row).toEqual({
      ...{ day: "2026-02-01", network: meter.network, name: "factory" },
      ...{ hours: { starter: 3, large: 0.5 }, peakNodes: 10, averageNodes: 7, apiCalls: 12 },
    });
    expect(usageCsv([row]).split("\r\n")).toEqual([
      "day,network,name,hours_starter,hours_standard,hours_large,peak_nodes,average_nodes,api_calls",
      `2026-02-01,${meter.network},factory,3,0,0.5,10,7,12`,
      "",
    ]);
  });
});
