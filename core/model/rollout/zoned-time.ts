/** Wall-clock time of a place: what its people read, without a zone. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly minutes: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Formatters are costly to make (50 µs) and pure, so they are kept; there are some 600 zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formatters.set(timeZone, made);
  return made;
}

export function isTimeZone(timeZone: string): boolean {
  try {
    return formatterOf(timeZone) !== undefined;
  } catch {
    return false;
  }
}

/** What the clocks of a zone are ahead of UTC at an instant. */
export function offsetAt(timeZone: string, instant: number): number {
  const read: Record<string, number> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(instant)) read[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1_000) * 1_000;
}

export function wallTimeAt(timeZone: string, instant: number): WallTime {
  const wall = new Date(instant + offsetAt(timeZone, instant));
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    minutes: wall.getUTCHours() * 60 + wall.getUTCMinutes(),
  };
}

/**
 * When clocks of the zone show this. A time that comes twice (clocks go back) is its first; one that never comes (clocks go
 * forward) is the moment of the change.
 */
export function instantOf(timeZone: string, { year, month, day, minutes }: WallTime): number {
  const asUtc = Date.UTC(year, month - 1, day) + minutes * MINUTE;
  const earlier = offsetAt(timeZone, asUtc - DAY);
  const later = offsetAt(timeZone, asUtc + DAY);
  const fitting = [earlier, later]
    .map((offset) => asUtc - offset)
    .filter((instant) => instant + offsetAt(timeZone, instant) === asUtc);
  if (fitting.length > 0) return Math.min(...fitting);

  let [before, after] = [asUtc - DAY, asUtc + DAY];
  while (after - before > 1_000) {
    const middle = Math.floor((before + after) / 2_000) * 1_000;
    if (offsetAt(timeZone, middle) === earlier) before = middle;
    else after = middle;
  }
  return after;
}
