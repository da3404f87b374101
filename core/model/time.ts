import * as z from "zod";

/** RFC 3339 in UTC with milliseconds, as `Date.toISOString` writes it: compares as text in time order. */
export const Timestamp = z.iso.datetime({ precision: 3 });

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration as people write it over HTTP: `"10m"`, `"90s"`, `"24h"`. */
export const Duration = z
  .string()
  .regex(/^[1-9][0-9]{0,8}(ms|s|m|h|d)$/, 'must be a duration such as "30s", "10m", "24h" or "7d"');

/** Milliseconds of a valid `Duration`. */
export function millisecondsOf(duration: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  return Number(amount) * units[unit as keyof typeof units];
}

export const timestampOf = (milliseconds: number): string => new Date(milliseconds).toISOString();
