import { isFresh } from "../model/network.ts";
import type { Dependencies } from "./dependencies.ts";
import { readCells } from "./read-cells.ts";

/** Measures how many cells have reported lately, have not, and never did. */
export async function measureCells({ store, clock, measure }: Dependencies): Promise<void> {
  const cells = await readCells(store);
  const reports = await store.getMany(
    "cell-report",
    cells.map(({ value }) => value.id),
  );
  const now = clock.now();
  const fresh = reports.filter(({ value }) => isFresh(value.at, now)).length;
  measure("cellplane_cells", fresh, { freshness: "fresh" });
  measure("cellplane_cells", reports.length - fresh, { freshness: "silent" });
  measure("cellplane_cells", cells.length - reports.length, { freshness: "never-reported" });
}
