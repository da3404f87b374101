import * as z from "zod";

export { millisecondsOf } from "./duration.ts";

/** RFC 3339 in UTC with milliseconds, as `Date.toISOString` writes it: compares as text in time order. */
export const Timestamp = z.iso.datetime({ precision: 3 });

/** A duration as people write it over HTTP: `"10m"`, `"90s"`, `"24h"`. */
export const Duration = z
  .string()
  .regex(/^[1-9][0-9]{0,8}(ms|s|m|h|d)$/, 'must be a duration such as "30s", "10m", "24h" or "7d"');

export const timestampOf = (milliseconds: number): string => new Date(milliseconds).toISOString();
