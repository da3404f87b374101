import { Refusal } from "../errors.ts";
import type { Cell, CellSpec } from "../model/cell.ts";
import { type CellView, cellView } from "../model/cell-view.ts";
import type { Caller } from "../model/organization.ts";
import { timestampOf } from "../model/time.ts";
import { auditOf } from "./accept-change.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import { idempotently } from "./idempotently.ts";
import { repeatOnConflict } from "./repeat.ts";

/** A join token opens the door for a day. */
const JOIN_TOKEN_MS = 24 * 3_600_000;

export interface Registered {
  readonly cell: CellView;
  /** Shown this once. */
  readonly joinToken: string;
}

/** POST /v1/cells: a record for a cell that is yet to join, and the token it joins with. */
export async function registerCell(
  deps: Dependencies,
  caller: Caller,
  { spec, idempotencyKey }: { spec: CellSpec; idempotencyKey: string | undefined },
): Promise<Registered> {
  requirePlatform(caller);
  const { store, ids, clock, secrets } = deps;
  const repeatable = { key: idempotencyKey, request: { create: "cell", spec } };

  return repeatOnConflict(async () => {
    let made: Registered | undefined;
    const remembered = await idempotently<{ cell: string }>(deps, caller, repeatable, async (remember) => {
      const name = `cell-name/${spec.name}`;
      if (await store.get("claim", name))
        throw new Refusal("name-taken", `There is a cell ${spec.name} already. Choose another name.`);
      const joinToken = `cpj_${secrets.random()}`;
      const now = clock.now();
      const cell: Cell = {
        ...spec,
        id: ids.next("cel"),
        schedulable: true,
        membership: null,
        join: { sha256: secrets.sha256(joinToken), expiresAt: timestampOf(now + JOIN_TOKEN_MS), usedBy: null },
        createdAt: timestampOf(now),
      };
      await store.commit([
        { write: "put", was: 0, kind: "claim", value: { id: name, owner: cell.id } },
        { write: "put", was: 0, kind: "claim", value: { id: joinTokenClaim(cell.join.sha256), owner: cell.id } },
        { write: "put", was: 0, kind: "cell", value: cell },
        auditOf(deps, caller, {
          action: "cell.create",
          subject: cell.id,
          before: null,
          after: cellView(cell, undefined, 0, now),
        }),
        ...remember({ cell: cell.id }),
      ]);
      made = { cell: cellView(cell, undefined, 0, now), joinToken };
      return { cell: cell.id };
    });
    if (!made)
      throw new Refusal(
        "secret-already-shown",
        `The cell was registered as ${remembered.cell} and its join token was shown then. Delete the cell and register it anew for another token.`,
      );
    return made;
  });
}

export const joinTokenClaim = (sha256: string): string => `join-token/${sha256}`;
