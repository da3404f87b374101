import { lambda } from "../deps.ts";
import { canary } from "../schedules/canary.ts";

export const handler = lambda(canary);
