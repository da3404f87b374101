import { isSignal } from "../model/records.ts";
import type { ChangedRecord } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { startOperation } from "./start-operation.ts";

/**
 * Starts the work that one change of the store calls for. The change only says where to look: what is there now decides, so
 * it may come twice, late, or out of order.
 */
export async function followChange(
  deps: Pick<Dependencies, "store" | "workflows">,
  { kind, id }: ChangedRecord,
): Promise<void> {
  if (kind !== "operation") return;
  const found = await deps.store.get("operation", id);
  if (found && isSignal({ kind, value: found.value })) await startOperation(deps, found.value);
}
