import { Refusal } from "../errors.ts";
import { type Cell, placesOf } from "../model/cell.ts";
import { type CellView, cellView } from "../model/cell-view.ts";
import { CellId } from "../model/ids.ts";
import type { Caller } from "../model/organization.ts";
import type { Versioned } from "../ports.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import type { ListedPage, ListQuery } from "./list-networks.ts";

/** GET /v1/cells/{cell} */
export async function readCell(deps: Dependencies, caller: Caller, id: string): Promise<CellView> {
  const { value } = await findCell(deps, caller, id);
  return viewOf(deps, value);
}

/** GET /v1/cells, in order of registration. */
export async function listCells(
  deps: Dependencies,
  caller: Caller,
  { limit, after }: ListQuery,
): Promise<ListedPage<CellView>> {
  requirePlatform(caller);
  const listed = await deps.store.list("cells", "all", { limit: limit + 1, ...(after === undefined ? {} : { after }) });
  const page = listed.slice(0, limit);
  const cells = await deps.store.getMany(
    "cell",
    page.map(({ id }) => id),
  );
  const last = page.at(-1);
  return {
    items: await Promise.all(cells.map(({ value }) => viewOf(deps, value))),
    ...(listed.length > limit && last ? { next: last.sort } : {}),
  };
}

export async function findCell({ store }: Dependencies, caller: Caller, id: string): Promise<Versioned<Cell>> {
  requirePlatform(caller);
  const found = CellId.safeParse(id).success ? await store.get("cell", id) : undefined;
  if (!found) throw new Refusal("not-found", `There is no cell ${id}.`);
  return found;
}

async function viewOf({ store, clock }: Dependencies, cell: Cell): Promise<CellView> {
  const [report, reserved] = await Promise.all([store.get("cell-report", cell.id), store.countOf(placesOf(cell.id))]);
  return cellView(cell, report?.value, reserved, clock.now());
}
