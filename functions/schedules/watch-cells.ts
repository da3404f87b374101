import type { CellId } from "#core/model/ids.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { readCells } from "#core/operations/read-cells.ts";
import { task } from "../task.ts";
import { monitor } from "./monitor.ts";
import { silence } from "./silence.ts";
import { survey } from "./survey.ts";

/** How long one call to a cell is held; how long a cell rests that did not answer, and between calls to one that did. */
const POLL_MS = 20_000;
const RETRY_MS = 5_000;
const GATHER_MS = 500;

/** What a schedule that fires once a minute is given: how long it may watch, so that the next one takes over without a gap. */
export interface Watch {
  readonly forMs: number;
}

/**
 * Watches all cells where nothing runs for ever: monitors each in a loop of its own until the time is over, surveys each once, and
 * tells of those that are silent. Two watches at once only ask twice.
 */
export const watchCells = task(async (deps: Dependencies, { forMs }: Watch) => {
  const { clock, log } = deps;
  const end = clock.now() + forMs;
  const noContext = {} as Parameters<ReturnType<typeof monitor>>[1];
  const watch = monitor(deps);
  const look = survey(deps);
  const tell = silence(deps);

  async function follow(cell: CellId): Promise<void> {
    for (let left = forMs; left > 0; left = end - clock.now()) {
      const { reached } = await watch({ cell, waitMs: Math.min(POLL_MS, left) }, noContext);
      await clock.sleep(Math.min(reached ? GATHER_MS : RETRY_MS, Math.max(0, end - clock.now())));
    }
    await tell({ cell }, noContext);
  }

  const joined = (await readCells(deps.store)).filter(({ value }) => value.membership).map(({ value }) => value.id);
  const turns = joined.flatMap((cell) => [follow(cell), look({ cell }, noContext)]);
  const failed = (await Promise.allSettled(turns)).flatMap((turn) => (turn.status === "rejected" ? [turn.reason] : []));
  for (const error of failed) log("error", "watch over a cell failed", { error: String(error) });
  return { cells: joined.length, failed: failed.length };
});
