import { lambda } from "../deps.ts";
import { handBackNetwork } from "../tasks/hand-back-network.ts";

export const handler = lambda(handBackNetwork);
