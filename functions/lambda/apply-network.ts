import { lambda } from "../deps.ts";
import { applyNetwork } from "../tasks/apply-network.ts";

export const handler = lambda(applyNetwork);
