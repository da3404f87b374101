import type { AccessEntry } from "../model/network-access.ts";
import type { Caller } from "../model/organization.ts";
import type { Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { findNetwork } from "./read-network.ts";

export type AccessView = Versioned<{ readonly entries: readonly AccessEntry[] }>;

/** GET /v1/networks/{net}/access; version 0 while nobody has written a list. */
export async function readAccess({ store }: Dependencies, caller: Caller, id: string): Promise<AccessView> {
  const { value: network } = await findNetwork(store, caller, id);
  const found = await store.get("network-access", network.id);
  return { value: { entries: found?.value.entries ?? [] }, version: found?.version ?? 0 };
}
