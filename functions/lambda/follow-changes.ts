import { lambda } from "../deps.ts";
import { followChanges } from "../streams/follow-changes.ts";

export const handler = lambda(followChanges);
