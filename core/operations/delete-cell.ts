import { Refusal } from "../errors.ts";
import { type CellView, cellView } from "../model/cell-view.ts";
import type { Caller } from "../model/organization.ts";
import type { Change } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { findCell } from "./read-cell.ts";
import { joinTokenClaim } from "./register-cell.ts";
import { repeatOnConflict } from "./repeat.ts";

/**
 * DELETE /v1/cells/{cell}: forgets a cell that never joined, so that its name is free again and its join token opens nothing. One
 * that joined may hold networks; taking it out of service comes with draining.
 */
export async function deleteCell(
  deps: Dependencies,
  caller: Caller,
  { id, ifMatch }: { readonly id: string; readonly ifMatch: string | undefined },
): Promise<CellView> {
  const { store, clock } = deps;
  return repeatOnConflict(async () => {
    const { value: cell, version } = await findCell(deps, caller, id);
    const etag = `"${version}"`;
    if (ifMatch === undefined)
      throw new Refusal("if-match-required", "Send If-Match: * to delete the cell whatever it is now.");
    const tags = ifMatch.split(",").map((tag) => tag.trim());
    if (!tags.includes("*") && !tags.includes(etag))
      throw new Refusal("version-mismatch", `The cell is at ${etag} now. Read it again and decide anew.`);
    if (cell.membership)
      throw new Refusal("not-possible-now", `${cell.name} has joined; only a cell that never did can be deleted.`);

    const claims = [`cell-name/${cell.name}`, joinTokenClaim(cell.join.sha256)];
    const released = await Promise.all(
      claims.map(async (claim): Promise<Change[]> => {
        const held = await store.get("claim", claim);
        return held ? [{ write: "remove", kind: "claim", id: claim, was: held.version }] : [];
      }),
    );
    const view = cellView(cell, undefined, 0, clock.now());
    await store.commit([
      { write: "remove", kind: "cell", id: cell.id, was: version },
      ...released.flat(),
      auditOf(deps, caller, { action: "cell.delete", subject: cell.id, before: view, after: null }),
    ]);
    return view;
  });
}
