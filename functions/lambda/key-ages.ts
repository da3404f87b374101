import { lambda } from "../deps.ts";
import { keyAges } from "../schedules/key-ages.ts";

export const handler = lambda(keyAges, "everywhere");
