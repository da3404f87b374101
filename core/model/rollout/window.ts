import * as z from "zod";
import { instantOf, isTimeZone, wallTimeAt } from "./zoned-time.ts";

export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const WallClock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "02:30"');

/** When a customer lets their network be changed: local times of a zone. `to` at or before `from` is the next day's. */
export const MaintenanceWindow = z
  .strictObject({
    timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone such as "Europe/Berlin"'),
    /** Days on which it opens; every day where left out. */
    days: z
      .array(z.enum(weekdays))
      .min(1, "is empty: leave it out if every day is meant")
      .max(7)
      .refine((days) => new Set(days).size === days.length, "names a day twice")
      .optional(),
    /** Only these dates, as the zone counts them. */
    dates: z
      .array(z.iso.date("must be a date such as 2026-03-29"))
      .min(1, "is empty: leave it out")
      .max(100)
      .optional(),
    from: WallClock,
    to: WallClock,
  })
  .refine(({ from, to }) => from !== to, {
    path: ["to"],
    message: 'is the same as from, so the window never opens; write "00:00" to "23:59" for a whole day',
  });
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

/** `until`: when that changes; null where it never opens again. */
export type WindowState = { readonly open: boolean; readonly until: number | null };

/** How far ahead an opening is looked for: every day of a week comes in a year, also where it falls into a lost hour. */
const DAYS_AHEAD = 366;
const DAY = 24 * 60 * 60_000;

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

export function windowAt(window: MaintenanceWindow, now: number): WindowState {
  const today = wallTimeAt(window.timeZone, now);
  const midnight = Date.UTC(today.year, today.month - 1, today.day);
  // From yesterday: what opened then may still be open.
  for (const date of daysFrom(window, midnight - DAY)) {
    const { opens, closes } = onDay(window, date);
    if (closes <= now || closes <= opens) continue;
    return opens <= now ? { open: true, until: closes } : { open: false, until: opens };
  }
  return { open: false, until: null };
}

/** Days on which it opens, as UTC midnights of their dates, in order. */
function* daysFrom({ days, dates }: MaintenanceWindow, first: number): Generator<number> {
  const fits = (date: number) => !days || days.includes(weekdays[new Date(date).getUTCDay()] ?? "sun");
  if (dates)
    yield* dates
      .map((date) => Date.parse(`${date}T00:00:00.000Z`))
      .filter((date) => date >= first && fits(date))
      .sort((a, b) => a - b);
  else for (let ahead = 0; ahead <= DAYS_AHEAD; ahead++) if (fits(first + ahead * DAY)) yield first + ahead * DAY;
}

function onDay({ timeZone, from, to }: MaintenanceWindow, date: number): { opens: number; closes: number } {
  const instant = (utcMidnight: number, minutes: number) => {
    const day = new Date(utcMidnight);
    return instantOf(timeZone, {
      year: day.getUTCFullYear(),
      month: day.getUTCMonth() + 1,
      day: day.getUTCDate(),
      minutes,
    });
  };
  const overnight = minutesOf(to) <= minutesOf(from);
  return { opens: instant(date, minutesOf(from)), closes: instant(overnight ? date + DAY : date, minutesOf(to)) };
}

/** Why it will not open any more, or undefined where it will. */
export const whyNever = (window: MaintenanceWindow, now: number): string | undefined =>
  windowAt(window, now).until === null
    ? `the maintenance window ${describeWindow(window)} never opens after ${new Date(now).toISOString()}`
    : undefined;

export const describeWindow = ({ timeZone, days, dates, from, to }: MaintenanceWindow): string =>
  `${from}–${to} ${timeZone}${days ? ` on ${days.join(", ")}` : ""}${dates ? ` on ${dates.join(", ")}` : ""}`;
