import type { TargetRow } from "./target-row.ts";

/** So many of those that failed are read, and so many of those that are done: enough for a median, and for one look. */
const MOST_FAILED = 500;
const MOST_DONE = 200;

/** Which targets are worth reading to tell how long a change takes and why some failed. The report reads them all. */
export function sampleOf(rows: readonly TargetRow[]): TargetRow[] {
  const failed = rows.filter(({ failed }) => failed);
  const done = rows.filter(({ state, changed, failed }) => state === "done" && changed && !failed);
  return [...failed.slice(0, MOST_FAILED), ...spread(done, MOST_DONE)];
}

/** So many at most, evenly from all of them: those of one wave or one page may be alike. */
function spread<T>(all: readonly T[], most: number): T[] {
  const step = Math.max(1, all.length / most);
  return all.filter((_, at) => at === 0 || Math.floor(at / step) > Math.floor((at - 1) / step));
}
