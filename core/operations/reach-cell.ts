import { Refusal } from "../errors.ts";
import type { CellId } from "../model/ids.ts";
import type { CellAddress, Store } from "../ports.ts";

/** Where a cell's agent answers. Refuses with `cell-unreachable` before it has joined. */
export async function reachCell(store: Store, id: CellId): Promise<CellAddress> {
  const membership = (await store.get("cell", id))?.value.membership;
  if (!membership) throw new Refusal("cell-unreachable", `The cell ${id} has not joined.`);
  return { id, publicUrl: membership.publicUrl, caPem: membership.caPem };
}
