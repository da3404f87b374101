import { observeNetwork as operation } from "#core/operations/observe-network.ts";
import { task } from "../task.ts";

/** The state ObserveNetwork of converge-network. */
export const observeNetwork = task(operation);
