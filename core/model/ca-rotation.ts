/** From when to when one generation of a certificate authority is valid, in milliseconds since 1970. */
export interface CaTerm {
  readonly from: number;
  readonly until: number;
}

export interface CaRotation {
  /** A further generation is to be made now. */
  readonly next: boolean;
  /** Which generation signs; -1 where none is in force. */
  readonly signer: number;
  /** Which generations are handed out as trusted, oldest first: all that have not ended. */
  readonly trusted: readonly number[];
}

const DAY_MS = 86_400_000;

/**
 * How long a generation is handed out before it signs anything. Nodes learn it with every renewal of their credentials, which are
 * valid for seven days at most; who was offline for longer learns it by renewing over HTTPS, which needs no CA of ours.
 */
export const CA_HANDOUT_MS = 30 * DAY_MS;

/**
 * Where a certificate authority is in its rotations: the next generation is made in the last third of the newest one's life, is
 * trusted at once beside those before it, and signs once everybody had the time to learn it. None goes before its end.
 */
export function caRotation(generations: readonly CaTerm[], now: number): CaRotation {
  const trusted = generations.flatMap(({ until }, index) => (until > now ? [index] : []));
  const newest = generations[trusted.at(-1) ?? -1];
  const next = newest === undefined || newest.until - now < (newest.until - newest.from) / 3;
  const known = trusted.filter((index) => (generations[index]?.from ?? now) + CA_HANDOUT_MS <= now);
  // The first of all has nobody before it that could sign meanwhile.
  return { next, signer: known.at(-1) ?? trusted[0] ?? -1, trusted };
}
