import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "#core/model/parse.ts";
import { MaintenanceWindow, weekdays, windowAt } from "#core/model/rollout/window.ts";
import { instantOf, wallTimeAt } from "#core/model/rollout/zoned-time.ts";

const aWindow = (window: object) =>
  parse(MaintenanceWindow, { timeZone: "Europe/Berlin", from: "02:00", to: "04:00", ...window });
const at = (text: string) => Date.parse(text);
const said = ({ open, until }: ReturnType<typeof windowAt>) =>
  `${open ? "open" : "shut"} until ${until === null ? "ever" : new Date(until).toISOString()}`;

describe("a maintenance window", () => {
  // Berlin: UTC+1, from 2026-03-29T01:00Z (2:00 → 3:00) UTC+2, from 2026-10-25T01:00Z (3:00 → 2:00) UTC+1.
  it.each<[string, object, string, string]>([
    ["before it opens", {}, "2026-01-10T00:00:00Z", "shut until 2026-01-10T01:00:00.000Z"],
    ["when it opens", {}, "2026-01-10T01:00:00Z", "open until 2026-01-10T03:00:00.000Z"],
    ["when it closes", {}, "2026-01-10T03:00:00Z", "shut until 2026-01-11T01:00:00.000Z"],
    ["in summer", {}, "2026-07-10T00:00:00Z", "open until 2026-07-10T02:00:00.000Z"],
    ["over midnight", { from: "23:00", to: "01:00" }, "2026-01-10T23:30:00Z", "open until 2026-01-11T00:00:00.000Z"],
    [
      "over midnight by the day it opens",
      { from: "23:00", to: "01:00", days: ["sat"] },
      "2026-01-10T23:30:00Z",
      "open until 2026-01-11T00:00:00.000Z",
    ],
    ["on another weekday", { days: ["mon"] }, "2026-01-10T01:30:00Z", "shut until 2026-01-12T01:00:00.000Z"],
    ["where clocks go forward, it opens as they do", {}, "2026-03-29T00:30:00Z", "shut until 2026-03-29T01:00:00.000Z"],
    [
      "where clocks go forward, it is an hour shorter",
      {},
      "2026-03-29T01:10:00Z",
      "open until 2026-03-29T02:00:00.000Z",
    ],
    [
      "that falls into the lost hour whole, does not open that day",
      { from: "02:10", to: "02:50" },
      "2026-03-29T00:00:00Z",
      "shut until 2026-03-30T00:10:00.000Z",
    ],
    [
      "where clocks go back, it opens the first time",
      {},
      "2026-10-24T23:30:00Z",
      "shut until 2026-10-25T00:00:00.000Z",
    ],
    ["where clocks go back, it is an hour longer", {}, "2026-10-25T01:30:00Z", "open until 2026-10-25T03:00:00.000Z"],
    [
      "in a zone of half hours",
      { timeZone: "Asia/Kolkata" },
      "2026-01-10T00:00:00Z",
      "shut until 2026-01-10T20:30:00.000Z",
    ],
    [
      "in a zone whose clocks change by 30 minutes",
      { timeZone: "Australia/Lord_Howe", from: "02:00", to: "03:00" },
      "2026-10-03T15:00:00Z",
      "shut until 2026-10-03T15:30:00.000Z",
    ],
    [
      "across the date line",
      { timeZone: "Pacific/Kiritimati", days: ["sun"] },
      "2026-01-10T11:00:00Z",
      "shut until 2026-01-10T12:00:00.000Z",
    ],
    [
      "on dates",
      { dates: ["2026-05-01", "2026-03-01"] },
      "2026-01-10T00:00:00Z",
      "shut until 2026-03-01T01:00:00.000Z",
    ],
    ["on dates that have passed", { dates: ["2025-05-01"] }, "2026-01-10T00:00:00Z", "shut until ever"],
    [
      "on a date that is not such a day",
      { dates: ["2026-05-01"], days: ["mon"] },
      "2026-01-10T00:00:00Z",
      "shut until ever",
    ],
  ])("%s", (_what, window, now, expected) => {
    expect(said(windowAt(aWindow(window), at(now)))).toBe(expected);
  });

  it.each<[string, object, string]>([
    ["no zone", { timeZone: "Mars/Olympus" }, "timeZone"],
    ["no day", { days: [] }, "days"],
    ["a day twice", { days: ["mon", "mon"] }, "days"],
    ["25 o'clock", { from: "25:00" }, "from"],
    ["the 30th of February", { dates: ["2026-02-30"] }, "dates"],
    ["no time at all", { from: "04:00" }, "to"],
  ])("is refused with %s", (_what, window, path) => expect(() => aWindow(window)).toThrow(path));
});

const zones = fc.constantFrom(
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "America/Sao_Paulo",
  "UTC",
);
const instant = fc
  .integer({ min: at("2024-01-01T00:00:00Z") / 60_000, max: at("2028-01-01T00:00:00Z") / 60_000 })
  .map((minutes) => minutes * 60_000);
const clock = fc
  .integer({ min: 0, max: 47 })
  .map((half) => `${String(half >> 1).padStart(2, "0")}:${half % 2 ? "30" : "00"}`);

it("what the clock shows leads back to when it showed it, or to the first time it did", () => {
  fc.assert(
    fc.property(zones, instant, (zone, time) => {
      const back = instantOf(zone, wallTimeAt(zone, time));
      expect([0, 30 * 60_000, 60 * 60_000]).toContain(time - back);
      expect(wallTimeAt(zone, back)).toEqual(wallTimeAt(zone, time));
    }),
  );
});

it("is open only at times that the customer's wall clock shows within it, and changes when it says", () => {
  const some = fc.record({
    timeZone: zones,
    from: clock,
    to: clock,
    days: fc.option(fc.subarray([...weekdays], { minLength: 1 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      some.filter(({ from, to }) => from !== to),
      instant,
      (shape, now) => {
        const { days, ...rest } = shape;
        const window = aWindow(days ? { ...rest, days } : rest);
        const { open, until } = windowAt(window, now);
        const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
        const [from, to, shown] = [minutes(window.from), minutes(window.to), wallTimeAt(window.timeZone, now).minutes];
        const within = from < to ? shown >= from && shown < to : shown >= from || shown < to;
        // The hour that comes twice belongs to the window as one piece, so its second half may show a time outside.
        const repeats = instantOf(window.timeZone, wallTimeAt(window.timeZone, now)) !== now;
        if (open && !repeats) expect(within).toBe(true);
        if (until === null) return;
        expect(until).toBeGreaterThan(now);
        expect(windowAt(window, until - 1).open).toBe(open);
      },
    ),
  );
});
