import { meterNetworks } from "#core/operations/meter-networks.ts";
import { task } from "../task.ts";

/** The schedule that books usage: every few minutes. Two at once book everything once. */
export const meter = task((deps: Parameters<typeof meterNetworks>[0], _input: object) => meterNetworks(deps));
