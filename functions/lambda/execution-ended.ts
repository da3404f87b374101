import { lambda } from "../deps.ts";
import { executionEnded } from "../events/execution-ended.ts";

export const handler = lambda(executionEnded);
