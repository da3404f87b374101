import type { Cell, CellReport } from "./cell.ts";
import { isFresh } from "./network.ts";

/** A cell as operators see it. Its keys and its join are nobody's business. */
export function cellView(cell: Cell, report: CellReport | undefined, reserved: number, now: number) {
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
        }
      : null,
    createdAt,
  };
}
export type CellView = ReturnType<typeof cellView>;
