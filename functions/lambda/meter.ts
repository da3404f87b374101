import { lambda } from "../deps.ts";
import { meter } from "../schedules/meter.ts";

export const handler = lambda(meter);
