import { advanceRollout as operation } from "#core/operations/rollout/advance-rollout.ts";
import { task } from "../task.ts";

/** The state AdvanceRollout of roll-out. */
export const advanceRollout = task(operation);
