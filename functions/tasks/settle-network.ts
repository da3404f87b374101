import { settleNetwork as operation } from "#core/operations/settle-network.ts";
import { task } from "../task.ts";

/** The state SettleNetwork of converge-network. */
export const settleNetwork = task(operation);
