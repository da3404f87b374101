import type { Caller } from "../model/organization.ts";
import { changeIntent } from "./change-intent.ts";
import type { Accepted } from "./create-network.ts";
import type { Dependencies } from "./dependencies.ts";

/**
 * Records that the network should be gone. A repeat while it is going answers with the operation that is under way, so a
 * lost answer costs nothing; after a failed deletion it starts anew.
 */
export const deleteNetwork = (
  deps: Dependencies,
  caller: Caller,
  which: { id: string; ifMatch: string | undefined },
): Promise<Accepted> =>
  changeIntent(deps, caller, which, ({ deleting, name }, { value: newest }) =>
    deleting && newest.state !== "failed"
      ? undefined
      : { kind: "delete", to: { deleting: true }, message: `${caller.actor} asked to delete the network ${name}.` },
  );
