import type { RolloutId } from "../../model/ids.ts";
import { pageIdOf, type RolloutPage, rowsOf } from "../../model/rollout/page.ts";
import type { TargetRow } from "../../model/rollout/target-row.ts";
import type { Store, Versioned } from "../../ports.ts";

/** How many pages for networks that joined are looked for at once. */
const MORE = 4;

/** All pages of a rollout in order. The first one tells how many were planned; those of networks that joined come after them. */
export async function readPages(store: Store, rollout: RolloutId): Promise<Versioned<RolloutPage>[]> {
  const first = await store.get("rollout-page", pageIdOf(rollout, 0));
  if (!first) return [];
  const pages = [first];
  /** True where there may be more behind them. */
  const goesOn = async (from: number, count: number): Promise<boolean> => {
    const ids = Array.from({ length: count }, (_, at) => pageIdOf(rollout, from + at));
    const found = await store.getMany("rollout-page", ids);
    pages.push(...found);
    return found.at(-1)?.value.number === from + count - 1;
  };
  // One more than were planned: none there is the rule.
  if (!(await goesOn(1, first.value.planned))) return pages;
  for (let from = first.value.planned + 1; await goesOn(from, MORE); ) from += MORE;
  return pages;
}

/** A target in short, and the number of the page that says so. */
export interface PagedRow {
  readonly row: TargetRow;
  readonly page: number;
}

export const pagedRows = (pages: readonly Versioned<RolloutPage>[]): PagedRow[] =>
  pages.flatMap(({ value }) => rowsOf(value).map((row) => ({ row, page: value.number })));
