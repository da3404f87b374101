import { lambda } from "../deps.ts";
import { advanceRollout } from "../tasks/advance-rollout.ts";

export const handler = lambda(advanceRollout);
