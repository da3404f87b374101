import { lambda } from "../deps.ts";
import { planRollout } from "../tasks/plan-rollout.ts";

export const handler = lambda(planRollout);
