import type { Cell } from "../model/cell.ts";
import type { Store, Versioned } from "../ports.ts";

/** How many cells a fleet may have; a decision over 1,000 stays within 50 ms. */
const MOST_CELLS = 1_000;

/** All cells, in order of creation. */
export async function readCells(store: Store): Promise<Versioned<Cell>[]> {
  const listed = await store.list("cells", "all", { limit: MOST_CELLS });
  return store.getMany(
    "cell",
    listed.map(({ id }) => id),
  );
}
