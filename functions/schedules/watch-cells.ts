import { X509Certificate } from "node:crypto";
import type { Cell } from "#core/model/cell.ts";
import type { CellId } from "#core/model/ids.ts";
import { isFresh } from "#core/model/network.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { readCells } from "#core/operations/read-cells.ts";
import { tellFigures } from "../figures.ts";
import { task } from "../task.ts";
import { monitor } from "./monitor.ts";
import { silence } from "./silence.ts";
import { survey } from "./survey.ts";

/** How long a call to a cell is held; how long a cell rests that did not answer, and between calls to one that did. */
const POLL_MS = 20_000;
const RETRY_MS = 5_000;
const GATHER_MS = 500;

const DAY_MS = 24 * 3_600_000;

/** What a schedule that fires once a minute is given: how long it may watch, so that the next one takes over without a gap. */
export interface Watch {
  readonly forMs: number;
}

/**
 * Watches all cells where nothing runs for ever: monitors each in a loop of its own until the time is over, surveys each once, and
 * tells of those that are silent. Two watches at once only ask twice.
 */
export const watchCells = task(async (deps: Dependencies, { forMs }: Watch) => {
  const { clock, log, store } = deps;
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

  const joined = (await readCells(store)).filter(({ value }) => value.membership).map(({ value }) => value);
  const turns = joined.flatMap(({ id }) => [follow(id), look({ cell: id }, noContext)]);
  const failed = (await Promise.allSettled(turns)).flatMap((turn) => (turn.status === "rejected" ? [turn.reason] : []));
  for (const error of failed) log("error", "watch over a cell failed", { error: String(error) });
  await tellOf(deps, joined);
  return { cells: joined.length, failed: failed.length };
});

async function tellOf({ store, clock }: Dependencies, cells: readonly Cell[]): Promise<void> {
  const now = clock.now();
  const reports = await store.getMany(
    "cell-report",
    cells.map(({ id }) => id),
  );
  const fresh = reports.filter(({ value }) => isFresh(value.at, now)).length;
  const days = cells.flatMap(({ membership }) => (membership ? [daysLeft(membership.caPem, now)] : []));
  const ages = days.length > 0 ? { certificateDays: Math.min(...days) } : {};
  tellFigures("cells", { cells: cells.length, silent: cells.length - fresh, ...ages }, now);
}

const daysLeft = (pem: string, now: number): number => (Date.parse(new X509Certificate(pem).validTo) - now) / DAY_MS;
