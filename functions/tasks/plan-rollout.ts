import { planRollout as operation } from "#core/operations/rollout/plan-rollout.ts";
import { task } from "../task.ts";

/** The state PlanRollout of roll-out. */
export const planRollout = task(operation);
