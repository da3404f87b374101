import { errorKinds, Refusal } from "../errors.ts";
import type { CellId } from "../model/ids.ts";
import type { Observed } from "../model/network.ts";
import { timestampOf } from "../model/time.ts";
import type { Dependencies } from "./dependencies.ts";
import { reachCell } from "./reach-cell.ts";
import { readEpoch } from "./read-epoch.ts";
import { recordObserved } from "./record-observed.ts";
import { repeatOnConflict } from "./repeat.ts";

/**
 * Asks one cell what changed since it was asked last, waiting for it up to `waitMs`, and records that: the cell's own report
 * and the status of every network that changed. One call per cell and period, however many networks it has.
 */
export async function monitorCell(deps: Dependencies, id: CellId, waitMs: number): Promise<void> {
  const { store, cells, clock } = deps;
  const address = await reachCell(store, id);
  const since = (await store.get("cell-report", id))?.value.cursor ?? null;
  const digest = await cells.report(address, { since, waitMs });
  const at = timestampOf(clock.now());

  // A home that has taken over says so before anything else, so that orders of the one before are refused.
  const epoch = await readEpoch(store);
  if (digest.epoch < epoch) await cells.raiseEpoch(address, epoch);
  for (const observed of digest.networks) await record(deps, observed, id);
  await repeatOnConflict(async () => {
    const report = await store.get("cell-report", id);
    const { agent, capacity, held, total, cursor } = digest;
    await store.commit([
      {
        write: "put",
        was: report?.version ?? 0,
        kind: "cell-report",
        value: { cell: id, at, agent, capacity, networks: total, cursor, ...(held === undefined ? {} : { held }) },
      },
    ]);
  });
}

/** What is wrong with the records of one network must not keep the others from being seen. */
async function record(deps: Dependencies, observed: Observed, cell: CellId): Promise<void> {
  try {
    const placement = await deps.store.get("placement", observed.network);
    if (placement?.value.cell === cell) await recordObserved(deps, observed, cell);
  } catch (error) {
    if (error instanceof Refusal && errorKinds[error.kind].retry) throw error;
    deps.log("error", "observation not recorded", { network: observed.network, cell, error: String(error) });
  }
}
