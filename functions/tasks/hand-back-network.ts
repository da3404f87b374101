import { handBackNetwork as operation } from "#core/operations/hand-back-network.ts";
import { task } from "../task.ts";

/** The state HandBackNetwork of converge-network. */
export const handBackNetwork = task(operation);
