import type { Store } from "../ports.ts";

/** The epoch that orders carry; it rises when another home takes over. */
export const readEpoch = async (store: Store): Promise<number> => (await store.get("fleet", "fleet"))?.value.epoch ?? 1;
