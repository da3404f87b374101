const SHORTEST_MS = 200;
const LONGEST_MS = 30_000;

/** Full jitter between 0.2 and 30 s: what failed together does not come back together. `chance` is from 0 up to 1. */
export function retryDelayMs(attempt: number, chance: number): number {
  const ceiling = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(attempt, 16));
  return SHORTEST_MS + (ceiling - SHORTEST_MS) * chance;
}

/** Passes by itself, or by somebody's doing, without losing the event: a redirect is somebody's mistake, and is not followed. */
export const isRetried = (status: number): boolean =>
  status === 408 || status === 429 || status >= 500 || status < 200 || (status >= 300 && status < 400);
