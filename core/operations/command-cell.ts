import type { Cell, CellPatch } from "../model/cell.ts";
import type { CellView } from "../model/cell-view.ts";
import { changeCell, cordoned, uncordoned } from "../model/command-cell.ts";
import { expectMatch } from "../model/if-match.ts";
import type { Caller } from "../model/organization.ts";
import type { Versioned } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { findCell, viewOf } from "./read-cell.ts";
import { repeatOnConflict } from "./repeat.ts";

/** PATCH /v1/cells/{cell} */
export const updateCell = (
  deps: Dependencies,
  caller: Caller,
  { id, patch, ifMatch }: { id: string; patch: CellPatch; ifMatch: string | undefined },
): Promise<Versioned<CellView>> =>
  command(deps, caller, { id, verb: "update" }, ({ value, version }) => {
    expectMatch(version, ifMatch);
    return changeCell(value, patch);
  });

/** POST /v1/cells/{cell}/cordon */
export const cordonCell = (
  deps: Dependencies,
  caller: Caller,
  { id, reason }: { id: string; reason: string | undefined },
): Promise<Versioned<CellView>> =>
  command(deps, caller, { id, verb: "cordon" }, ({ value }) =>
    cordoned(value, { reason, by: caller.actor, now: deps.clock.now() }),
  );

/** POST /v1/cells/{cell}/uncordon */
export const uncordonCell = (deps: Dependencies, caller: Caller, id: string): Promise<Versioned<CellView>> =>
  command(deps, caller, { id, verb: "uncordon" }, ({ value }) => uncordoned(value));

/** Changes a cell's record as decided from a fresh read; undefined: it is so already, and nothing is written. */
async function command(
  deps: Dependencies,
  caller: Caller,
  { id, verb }: { id: string; verb: "update" | "cordon" | "uncordon" },
  decide: (cell: Versioned<Cell>) => Cell | undefined,
): Promise<Versioned<CellView>> {
  return repeatOnConflict(async () => {
    const before = await findCell(deps, caller, id);
    const after = decide(before);
    const view = await viewOf(deps, before.value);
    if (!after) return { value: view, version: before.version };
    const changed = await viewOf(deps, after);
    await deps.store.commit([
      { write: "put", was: before.version, kind: "cell", value: after },
      auditOf(deps, caller, { action: `cell.${verb}`, subject: id, before: view, after: changed }),
    ]);
    return { value: changed, version: before.version + 1 };
  });
}
