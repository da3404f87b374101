import { lambda } from "../deps.ts";
import { placeNetwork } from "../tasks/place-network.ts";

export const handler = lambda(placeNetwork);
