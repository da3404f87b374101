/** Kept apart from time.ts so that the edge, which loads no schema library, can read a duration. */
const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a valid `Duration`. */
export function millisecondsOf(duration: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  return Number(amount) * units[unit as keyof typeof units];
}
