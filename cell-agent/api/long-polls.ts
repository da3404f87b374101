import { CELL_WAIT_SECONDS } from "#core/api/cell-agent.ts";
import { Refusal } from "#core/errors.ts";
import type { NetworkId } from "#core/model/ids.ts";
import type { Clock } from "#core/ports.ts";
import type { Journal } from "../journal.ts";

/** More calls than this do not wait at once; the next is told to come back. */
const MOST_OPEN = 200;

/** Calls that wait for something to be observed. */
export interface LongPolls {
  /**
   * The first answer that is not `undefined`: asked now, and after each change, until the time is over or the caller has gone;
   * `undefined` then.
   */
  until<T>(
    answer: () => T | undefined,
    waiting: { seconds: number; network?: NetworkId; caller: AbortSignal },
  ): Promise<T | undefined>;
  open(): number;
  /** Ends all of them. */
  close(): void;
}

export function longPolls({ clock, journal }: { clock: Clock; journal: Journal }): LongPolls {
  const closing = new AbortController();
  let open = 0;
  return {
    async until(answer, { seconds, network, caller }) {
      const deadline = clock.now() + Math.min(seconds, CELL_WAIT_SECONDS) * 1_000;
      const signal = AbortSignal.any([caller, closing.signal]);
      const first = answer();
      if (first !== undefined || seconds === 0) return first;
      if (open >= MOST_OPEN)
        throw new Refusal("rate-limited", `At most ${MOST_OPEN} calls may wait at once.`, { retryAfterSeconds: 1 });
      open += 1;
      try {
        for (;;) {
          const milliseconds = deadline - clock.now();
          if (milliseconds <= 0 || signal.aborted) return undefined;
          await journal.change({ milliseconds, signal, ...(network === undefined ? {} : { network }) });
          const found = answer();
          if (found !== undefined) return found;
        }
      } finally {
        open -= 1;
      }
    },
    open: () => open,
    close: () => closing.abort(),
  };
}
