import { Refusal } from "../errors.ts";
import type { Dependencies } from "./dependencies.ts";
import { reachCell } from "./reach-cell.ts";
import { readCells } from "./read-cells.ts";

/** Which cells have pinned the keys of now, and which have not, with the reason: a rotation goes on when none is left there. */
export interface Announced {
  readonly pinned: readonly string[];
  readonly left: readonly { readonly cell: string; readonly reason: string }[];
}

/**
 * Has every cell that joined pin the keys that sign now and next, told through the channel that the pinned key signs. Safe to repeat;
 * a cell that joins later is given them when it joins.
 */
export async function announceKeys(
  deps: Pick<Dependencies, "store" | "cells" | "cellCalls" | "networkTokens" | "issuer">,
): Promise<Announced> {
  const { store, cells, cellCalls, networkTokens, issuer } = deps;
  const signingKeys = await cellCalls.publicKeys();
  const issuers = [{ issuer, jwks: { keys: await networkTokens.publicKeys() } }];
  const joined = (await readCells(store)).filter(({ value }) => value.membership).map(({ value }) => value);

  const told = joined.map(async ({ id, name }) => {
    try {
      await cells.pinKeys(await reachCell(store, id), { signingKeys, issuers });
      return { cell: name, reason: undefined };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { cell: name, reason: error.message };
    }
  });
  const answers = await Promise.all(told);
  return {
    pinned: answers.filter(({ reason }) => reason === undefined).map(({ cell }) => cell),
    left: answers.flatMap(({ cell, reason }) => (reason === undefined ? [] : [{ cell, reason }])),
  };
}
