/** A container that takes this long to answer lets the next one begin: it may be waiting for that very one. */
const LONGEST_TURN_MS = 3_000;

/** Whose turn it is to start. */
export interface StartTurns {
  /** Resolves when it is the caller's turn, with what ends the turn; that may be called again. */
  take(): Promise<() => void>;
}

/**
 * Lets `most` containers start at once, in the order in which they asked. A program costs the most processor while it starts, and
 * many at once would share it so that none is ready before all are.
 */
export function startTurns(most: number): StartTurns {
  const queue: (() => void)[] = [];
  let taken = 0;
  const next = () => {
    if (taken >= most) return;
    const begin = queue.shift();
    if (!begin) return;
    taken += 1;
    begin();
  };
  return {
    take: () =>
      new Promise((resolve) => {
        queue.push(() => {
          let over = false;
          const timer = setTimeout(end, LONGEST_TURN_MS);
          function end(): void {
            if (over) return;
            over = true;
            clearTimeout(timer);
            taken -= 1;
            next();
          }
          resolve(end);
        });
        next();
      }),
  };
}
