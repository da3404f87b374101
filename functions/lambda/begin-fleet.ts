import { lambda } from "../deps.ts";
import { beginFleet } from "../resources/begin-fleet.ts";

export const handler = lambda(beginFleet, "everywhere");
