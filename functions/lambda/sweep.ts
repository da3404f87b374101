import { lambda } from "../deps.ts";
import { sweepAndTell } from "../schedules/sweep-and-tell.ts";

export const handler = lambda(sweepAndTell);
