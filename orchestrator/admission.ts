/** Enrolments a second, and how many may come at once: what a site that powers up together needs, and no more. */
const PER_SECOND = 200;
const BURST = 1_000;

/** A token bucket: answers 0 where one may pass, else how many milliseconds to wait. */
export function admission(now: () => number): () => number {
  let level = BURST;
  let at = now();
  return () => {
    const time = now();
    level = Math.min(BURST, level + (Math.max(0, time - at) / 1_000) * PER_SECOND);
    at = time;
    if (level < 1) return Math.ceil(((1 - level) / PER_SECOND) * 1_000);
    level -= 1;
    return 0;
  };
}
