import { lambda } from "../deps.ts";
import { settleNetwork } from "../tasks/settle-network.ts";

export const handler = lambda(settleNetwork);
