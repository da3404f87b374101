import { canonicalJson } from "./canonical.ts";
import { type Cell, type CellPatch, CellSpec } from "./cell.ts";
import { mergePatch } from "./merge-patch.ts";
import { parse } from "./parse.ts";
import { timestampOf } from "./time.ts";

const Changeable = CellSpec.pick({ labels: true, limits: true });

/**
 * What a merge patch makes of a cell, or undefined where it changes nothing. A limit below what the cell holds sends nothing away:
 * it takes no more until it holds less.
 */
export function changeCell(cell: Cell, patch: CellPatch): Cell | undefined {
  const { labels, limits } = cell;
  const after = { ...cell, ...parse(Changeable, mergePatch({ labels, limits }, patch)) };
  return canonicalJson(after) === canonicalJson(cell) ? undefined : after;
}

/** The cell closed for new networks, or undefined where it is, for the same reason. What runs in it goes on. */
export function cordoned(
  cell: Cell,
  { reason = null, by, now }: { reason: string | null | undefined; by: string; now: number },
): Cell | undefined {
  if (!cell.schedulable && (cell.cordon?.reason ?? null) === reason) return undefined;
  return { ...cell, schedulable: false, cordon: { reason, by, at: timestampOf(now) } };
}

/** The cell open for new networks again, or undefined where it is. */
export function uncordoned({ cordon, ...cell }: Cell): Cell | undefined {
  return cell.schedulable ? undefined : { ...cell, schedulable: true };
}
