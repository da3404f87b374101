import { applyNetwork as operation } from "#core/operations/apply-network.ts";
import { task } from "../task.ts";

/** The state ApplyNetwork of converge-network. */
export const applyNetwork = task(operation);
