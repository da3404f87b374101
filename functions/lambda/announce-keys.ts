import { announceKeys } from "../commands/announce-keys.ts";
import { lambda } from "../deps.ts";

export const handler = lambda(announceKeys);
