/** First and longest wait between two attempts of an operation. */
const BASE_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * How long to wait before the next attempt: full jitter, so that what failed together does not come back together. `chance`
 * is from 0 up to, not including, 1.
 */
export const backoffMs = (attempt: number, chance: number): number =>
  Math.ceil(Math.min(LONGEST_MS, BASE_MS * 2 ** Math.min(attempt - 1, 16)) * chance);
