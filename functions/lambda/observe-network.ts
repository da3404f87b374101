import { lambda } from "../deps.ts";
import { observeNetwork } from "../tasks/observe-network.ts";

export const handler = lambda(observeNetwork);
