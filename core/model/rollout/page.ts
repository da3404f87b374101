import * as z from "zod";
import { CellId, RolloutId } from "../ids.ts";
import type { Place } from "./sighting.ts";
import { PackedRow, packRow, type TargetRow, unpackRow } from "./target-row.ts";

/** Targets on one page: with its own record they are one write, of 100 changes at most. */
export const PAGE_ROWS = 90;

/**
 * Some targets of a rollout in short. Every write of a target writes its page too, or neither; a pass reads the pages, and of the targets
 * only those that it has to decide about. 4 to 5 KB: one or two units to read.
 */
export const RolloutPage = z.strictObject({
  /** `<rollout>/<number>`. */
  id: z.string(),
  rollout: RolloutId,
  /** From 0; without a gap, unless the fleet shrank between two attempts to plan. */
  number: z.int().nonnegative(),
  /** How many pages were planned: where to look. More may follow for networks that join. */
  planned: z.int().positive(),
  places: z.array(z.strictObject({ cell: CellId, region: z.string() })),
  rows: z.array(z.string().regex(PackedRow)).max(PAGE_ROWS),
});
export type RolloutPage = z.infer<typeof RolloutPage>;

export const pageIdOf = (rollout: RolloutId, number: number): string => `${rollout}/${number}`;

export function pageOf(
  rollout: RolloutId,
  { number, planned }: Pick<RolloutPage, "number" | "planned">,
  rows: readonly TargetRow[],
): RolloutPage {
  const places: Place[] = [];
  const placeOf = ({ cell, region }: Place): number => {
    const known = places.findIndex((place) => place.cell === cell && place.region === region);
    return known === -1 ? places.push({ cell, region }) - 1 : known;
  };
  const packed = rows.map((row) => packRow(row, placeOf));
  return { id: pageIdOf(rollout, number), rollout, number, planned, places, rows: packed };
}

export const rowsOf = ({ rows, places, rollout }: RolloutPage): TargetRow[] =>
  rows.map((row) => unpackRow(row, rollout, places));

/** The page once these targets are as these rows say; rows that it does not have come last. */
export function withRows(page: RolloutPage, changed: readonly TargetRow[]): RolloutPage {
  const rows = new Map(rowsOf(page).map((row) => [row.network, row] as const));
  for (const row of changed) rows.set(row.network, row);
  return pageOf(page.rollout, page, [...rows.values()]);
}
