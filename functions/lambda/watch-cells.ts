import { lambda } from "../deps.ts";
import { watchCells } from "../schedules/watch-cells.ts";

export const handler = lambda(watchCells);
