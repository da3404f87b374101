import { type Explanation, explainNetwork as ofNetwork, explainOperation as ofOperation } from "../model/explain.ts";
import type { Caller } from "../model/organization.ts";
import type { Dependencies } from "./dependencies.ts";
import { findNetwork, readRecords } from "./read-network.ts";
import { findOperation } from "./read-operation.ts";

/** GET /v1/networks/{net}/explain */
export async function explainNetwork({ store, clock }: Dependencies, caller: Caller, id: string): Promise<Explanation> {
  const { value } = await findNetwork(store, caller, id);
  return ofNetwork(await readRecords(store, value), clock.now());
}

/** GET /v1/operations/{op}/explain; the network may be gone. */
export async function explainOperation(
  { store, clock }: Dependencies,
  caller: Caller,
  id: string,
): Promise<Explanation> {
  const { value: operation } = await findOperation(store, caller, id);
  const network = await store.get("network", operation.network);
  return ofOperation(operation, network ? await readRecords(store, network.value) : {}, clock.now());
}
