import { lambda } from "../deps.ts";
import { sweepDue } from "../schedules/sweep.ts";

export const handler = lambda(sweepDue);
