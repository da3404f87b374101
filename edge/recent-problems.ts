import type { RecentProblem } from "#core/messages.ts";

/** How many are kept, and how long one stays worth telling after it last happened. */
const KEPT = 5;
const FRESH_MS = 600_000;
const LONGEST_MESSAGE = 300;

export interface RecentProblems {
  note(level: RecentProblem["l"], code: string, message: string): void;
  /** It is over: nobody needs to be told any more. */
  settle(code: string): void;
  newest(): RecentProblem[];
}

/** The newest problems of the runtime itself, the same one counted instead of repeated. */
export function recentProblems(now: () => number): RecentProblems {
  const found = new Map<string, { problem: RecentProblem; at: number }>();
  return {
    note(l, c, message) {
      const m = message.slice(0, LONGEST_MESSAGE);
      const key = `${c} ${m}`;
      const n = (found.get(key)?.problem.n ?? 0) + 1;
      found.delete(key);
      found.set(key, { problem: { l, c, m, n }, at: now() });
      const [oldest] = found.keys();
      if (found.size > KEPT && oldest !== undefined) found.delete(oldest);
    },
    settle(code) {
      for (const [key, { problem }] of found) if (problem.c === code) found.delete(key);
    },
    newest() {
      for (const [key, { at }] of found) if (now() - at > FRESH_MS) found.delete(key);
      return [...found.values()].map(({ problem }) => problem).reverse();
    },
  };
}
