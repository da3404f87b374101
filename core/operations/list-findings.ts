import type { Caller } from "../model/organization.ts";
import type { Finding } from "../model/survey.ts";
import type { Dependencies } from "./dependencies.ts";
import { findCell } from "./read-cell.ts";
import type { ListedPage, ListQuery } from "./read-page.ts";

export interface FindingsPage extends ListedPage<Finding> {
  /** When the cell was surveyed last; null: not yet. */
  readonly surveyedAt: string | null;
  readonly total: number;
}

/** GET /v1/cells/{cell}/orphans: what the newest survey found, by network, and what was done about it. */
export async function listFindings(
  deps: Dependencies,
  caller: Caller,
  cell: string,
  { limit, after = "" }: ListQuery,
): Promise<FindingsPage> {
  const { value } = await findCell(deps, caller, cell);
  const found = (await deps.store.get("cell-findings", value.id))?.value;
  const rest = (found?.findings ?? []).filter(({ network }) => network > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    surveyedAt: found?.at ?? null,
    total: found?.total ?? 0,
    ...(rest.length > limit && last ? { next: last.network } : {}),
  };
}
