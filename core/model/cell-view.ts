import * as z from "zod";
import { Cell, CellReport, Cordon } from "./cell.ts";
import { isFresh } from "./network.ts";

/** A cell as operators see it. Its keys and its join are nobody's business. */
export const CellView = Cell.omit({ membership: true, join: true }).extend({
  cordon: Cordon.nullable(),
  url: z.string().nullable(),
  domain: z.string().nullable(),
  reserved: z.strictObject({ networks: z.int().nonnegative() }),
  report: CellReport.omit({ cell: true, cursor: true }).extend({ fresh: z.boolean() }).nullable(),
});
export type CellView = z.infer<typeof CellView>;

export function cellView(cell: Cell, report: CellReport | undefined, reserved: number, now: number): CellView {
  const { id, name, region, labels, schedulable, cordon, limits, membership, createdAt } = cell;
  return {
    id,
    name,
    region,
    labels,
    schedulable,
    cordon: cordon ?? null,
    limits,
    url: membership?.publicUrl ?? null,
    domain: membership?.domain ?? null,
    reserved: { networks: reserved },
    report: report
      ? {
          at: report.at,
          fresh: isFresh(report.at, now),
          agent: report.agent,
          capacity: report.capacity,
          networks: report.networks,
          ...(report.held === undefined ? {} : { held: report.held }),
        }
      : null,
    createdAt,
  };
}
