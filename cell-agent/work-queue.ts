import { Refusal } from "#core/errors.ts";
import type { Chance, Clock, Log } from "#core/ports.ts";

/** What a piece of work says when it ends well: nothing, or when it wants to be done again. */
export interface Outcome {
  readonly againMs?: number;
}

export interface WorkQueue {
  /** Does it soon. A key that waits is not added twice; one that is being worked on is done once more after. */
  add(key: string): void;
  /** Ends when the work in hand has ended; what waits is dropped. */
  close(): Promise<void>;
}

/** The wait after a first failure, doubled by each that follows. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;
/** Whatever a cluster says of when to come back: as often as everything is looked at anew. */
const LONGEST_PUT_OFF_MS = 60_000;

/**
 * Names of things to bring in order, never what happened to them: a key can be lost in the crowd or come twice, and nothing is
 * wrong. One key is never worked on twice at once; failures come back later and later, with jitter. A key that a refusal put off
 * (`retryAfterSeconds`) is not worked on before, whatever is heard of it meanwhile.
 */
export function workQueue(options: {
  work: (key: string) => Promise<Outcome>;
  workers: number;
  clock: Pick<Clock, "sleep">;
  chance: Chance;
  log: Log;
}): WorkQueue {
  const { work, workers, clock, chance, log } = options;
  const waiting = new Set<string>();
  const working = new Map<string, Promise<void>>();
  const failures = new Map<string, number>();
  const later = new Map<string, AbortController>();
  const putOff = new Set<string>();
  let closed = false;

  const add = (key: string): void => {
    if (closed || putOff.has(key)) return;
    waiting.add(key);
    start();
  };

  const addLater = (key: string, milliseconds: number): void => {
    if (closed) return;
    later.get(key)?.abort();
    const alarm = new AbortController();
    later.set(key, alarm);
    const due = () => {
      if (alarm.signal.aborted) return;
      later.delete(key);
      putOff.delete(key);
      add(key);
    };
    clock.sleep(milliseconds, alarm.signal).then(due, due);
  };

  function start(): void {
    for (const key of waiting) {
      if (working.size >= workers) return;
      if (working.has(key)) continue;
      waiting.delete(key);
      // Not at once: work that adds its own key must find it in work.
      working.set(key, Promise.resolve(key).then(attempt));
    }
  }

  async function attempt(key: string): Promise<void> {
    try {
      const { againMs } = await work(key);
      failures.delete(key);
      if (againMs !== undefined) addLater(key, againMs);
    } catch (error) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(count, 20)) * (0.5 + chance() / 2);
      log(count > 2 ? "warn" : "debug", "tried again later", { key, failures: count + 1, error: String(error) });
      const toldMs = putOffBy(error);
      if (toldMs > 0) {
        putOff.add(key);
        waiting.delete(key);
      }
      addLater(key, Math.max(wait, toldMs * (1 + chance() / 4)));
    } finally {
      working.delete(key);
      if (!closed) start();
    }
  }

  return {
    add,
    async close() {
      closed = true;
      waiting.clear();
      for (const alarm of later.values()) alarm.abort();
      await Promise.all(working.values());
    },
  };
}

/** Never less than it says: whoever asks too early is put off again. */
const putOffBy = (error: unknown): number =>
  error instanceof Refusal ? Math.min((error.details.retryAfterSeconds ?? 0) * 1_000, LONGEST_PUT_OFF_MS) : 0;
