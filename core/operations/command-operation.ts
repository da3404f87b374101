import { cancelled, retried } from "../model/command-operation.ts";
import type { Operation } from "../model/operation.ts";
import type { Caller } from "../model/organization.ts";
import type { Versioned } from "../ports.ts";
import { auditOf, eventOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOperation } from "./read-operation.ts";
import { repeatOnConflict } from "./repeat.ts";

/** POST /v1/operations/{op}/retry */
export const retryOperation = (deps: Dependencies, caller: Caller, id: string): Promise<Operation> =>
  command(deps, caller, id, "retry", async ({ value }) => {
    const network = await deps.store.get("network", value.network);
    return retried(value, {
      newest: network?.value.operation === value.id,
      actor: caller.actor,
      now: deps.clock.now(),
    });
  });

/** POST /v1/operations/{op}/cancel */
export const cancelOperation = (deps: Dependencies, caller: Caller, id: string): Promise<Operation> =>
  command(deps, caller, id, "cancel", async ({ value }) =>
    cancelled(value, { actor: caller.actor, now: deps.clock.now() }),
  );

async function command(
  deps: Dependencies,
  caller: Caller,
  id: string,
  verb: "retry" | "cancel",
  decide: (operation: Versioned<Operation>) => Promise<Operation>,
): Promise<Operation> {
  return repeatOnConflict(async () => {
    const found = await findOperation(deps.store, caller, id);
    const after = await decide(found);
    const { network, org, kind } = found.value;
    await deps.store.commit([
      { write: "put", was: found.version, kind: "operation", value: after },
      auditOf(deps, caller, { action: `operation.${verb}`, subject: id, org, before: found.value, after }),
      eventOf(
        deps,
        { id: network, org },
        { type: `${kind}.${verb}`, message: `${caller.actor} asked to ${verb} the ${kind}.` },
      ),
    ]);
    return after;
  });
}
