import type { CellId } from "../model/ids.ts";
import { timestampOf } from "../model/time.ts";
import type { Dependencies } from "./dependencies.ts";
import { reachCell } from "./reach-cell.ts";
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

  for (const observed of digest.networks) {
    const placement = await store.get("placement", observed.network);
    if (placement?.value.cell === id) await recordObserved(store, observed, id);
  }
  await repeatOnConflict(async () => {
    const report = await store.get("cell-report", id);
    const { agent, capacity, total, cursor } = digest;
    await store.commit([
      {
        write: "put",
        was: report?.version ?? 0,
        kind: "cell-report",
        value: { cell: id, at, agent, capacity, networks: total, cursor },
      },
    ]);
  });
}
