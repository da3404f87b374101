import { Refusal } from "../errors.ts";
import { placesOf } from "../model/cell.ts";
import type { CellView } from "../model/cell-view.ts";
import { expectMatch } from "../model/if-match.ts";
import type { Caller } from "../model/organization.ts";
import type { Change, Store } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { identityClaim } from "./join-cell.ts";
import { findCell, viewOf } from "./read-cell.ts";
import { joinTokenClaim } from "./register-cell.ts";
import { repeatOnConflict } from "./repeat.ts";

/**
 * DELETE /v1/cells/{cell}, refused while networks are placed there. Its name is free again, its join token opens nothing, and its
 * agent is a stranger from then on.
 */
export async function deleteCell(
  deps: Dependencies,
  caller: Caller,
  { id, ifMatch }: { readonly id: string; readonly ifMatch: string | undefined },
): Promise<CellView> {
  const { store } = deps;
  return repeatOnConflict(async () => {
    const { value: cell, version } = await findCell(deps, caller, id);
    expectMatch(version, ifMatch);
    const networks = await store.countOf(placesOf(cell.id));
    if (networks > 0)
      throw new Refusal(
        "not-possible-now",
        `${cell.name} holds ${networks} ${networks === 1 ? "network" : "networks"}. Cordon it, and delete or move them first.`,
        { extra: { networks } },
      );

    const view = await viewOf(deps, cell);
    const claims = [`cell-name/${cell.name}`, joinTokenClaim(cell.join.sha256)];
    if (cell.membership) claims.push(identityClaim(cell.membership.identity.kid));
    await store.commit([
      { write: "remove", kind: "cell", id: cell.id, was: version },
      // A place that is taken at this moment refuses the write.
      { write: "count", counter: placesOf(cell.id), by: 0, atMost: 0 },
      ...(await removalsOf(store, claims, cell.id)),
      auditOf(deps, caller, { action: "cell.delete", subject: cell.id, before: view, after: null }),
    ]);
    return view;
  });
}

/** The writes that take away what belongs to a cell. */
async function removalsOf(store: Store, claims: readonly string[], cell: string): Promise<Change[]> {
  const things = [
    ...claims.map((id) => ({ kind: "claim" as const, id })),
    { kind: "cell-report" as const, id: cell },
    { kind: "cell-findings" as const, id: cell },
    { kind: "cell-silence" as const, id: cell },
  ];
  const found = await Promise.all(
    things.map(async ({ kind, id }): Promise<Change[]> => {
      const held = await store.get(kind, id);
      return held ? [{ write: "remove", kind, id, was: held.version }] : [];
    }),
  );
  return found.flat();
}
