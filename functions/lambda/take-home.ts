import { takeHome } from "../commands/take-home.ts";
import { lambda } from "../deps.ts";

export const handler = lambda(takeHome, "taking-over");
