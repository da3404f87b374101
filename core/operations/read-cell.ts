import { Refusal } from "../errors.ts";
import { type Cell, placesOf } from "../model/cell.ts";
import { type CellView, cellView } from "../model/cell-view.ts";
import { CellId } from "../model/ids.ts";
import type { Caller } from "../model/organization.ts";
import type { Versioned } from "../ports.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/** GET /v1/cells/{cell} */
export async function readCell(deps: Dependencies, caller: Caller, id: string): Promise<Versioned<CellView>> {
  const { value, version } = await findCell(deps, caller, id);
  return { value: await viewOf(deps, value), version };
}

/** GET /v1/cells, in order of registration. */
export async function listCells(deps: Dependencies, caller: Caller, query: ListQuery): Promise<ListedPage<CellView>> {
  requirePlatform(caller);
  const { items, ...page } = await readPage(deps.store, { kind: "cell", index: "cells", partition: "all" }, query);
  return { ...page, items: await Promise.all(items.map((cell) => viewOf(deps, cell))) };
}

export async function findCell({ store }: Dependencies, caller: Caller, id: string): Promise<Versioned<Cell>> {
  requirePlatform(caller);
  const found = CellId.safeParse(id).success ? await store.get("cell", id) : undefined;
  if (!found) throw new Refusal("not-found", `There is no cell ${id}.`);
  return found;
}

/** A cell with what it last reported and how full it is. */
export async function viewOf({ store, clock }: Dependencies, cell: Cell): Promise<CellView> {
  const [report, reserved] = await Promise.all([store.get("cell-report", cell.id), store.countOf(placesOf(cell.id))]);
  return cellView(cell, report?.value, reserved, clock.now());
}
