/** Timers hold 31 bits of milliseconds; a longer one would fire at once. Renewing after 24 days is early enough for anything. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * When to renew a credential, in milliseconds from now: at 60–75 % of its life, spread by chance so that nodes enrolled together
 * do not renew together. Zero when that moment has passed.
 */
export function renewalMoment(
  life: { issuedAt: number; expiresAt: number },
  serverNow: number,
  chance: number,
): number {
  const start = life.issuedAt * 1000;
  const length = life.expiresAt * 1000 - start;
  return Math.min(LONGEST_TIMER_MS, Math.max(0, start + length * (0.6 + 0.15 * chance) - serverNow));
}

/** Expired, or so nearly that a connection made now would be closed at once. */
export const isSpent = (life: { expiresAt: number }, serverNow: number): boolean =>
  life.expiresAt * 1000 - serverNow < 1_000;
