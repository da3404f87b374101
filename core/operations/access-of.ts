import type { AccessDocument } from "../model/access.ts";
import type { NetworkId } from "../model/ids.ts";
import type { Network } from "../model/network.ts";
import { grantedKeys, type NetworkAccess, noAccess } from "../model/network-access.ts";
import type { Store } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { accessKeysOf, revokedOf } from "./keys-of-network.ts";

/** Who may call a network directly, as its cell is told: holders of keys that are for it, and of tokens that we sign. */
export async function accessOf(
  { store, networkTokens, issuer }: Pick<Dependencies, "store" | "networkTokens" | "issuer">,
  network: Pick<Network, "id" | "generation">,
): Promise<AccessDocument> {
  const { entries } = await accessListOf(store, network.id);
  return {
    generation: network.generation,
    keys: grantedKeys(await accessKeysOf(store, network.id), entries),
    issuers: [{ issuer, jwks: { keys: await networkTokens.publicKeys() } }],
    revoked: await allRevokedOf(store, network.id),
  };
}

/** The access list of a network as it is written now. */
export const accessListOf = async (store: Store, network: NetworkId): Promise<NetworkAccess> =>
  (await store.get("network-access", network))?.value ?? noAccess(network);

/** Whose tokens of before a network refuses: those of revoked keys, and of whoever may do less than before. */
export async function allRevokedOf(store: Store, network: NetworkId): Promise<AccessDocument["revoked"]> {
  const [{ revoked }, ofKeys] = await Promise.all([accessListOf(store, network), revokedOf(store, network)]);
  return [...ofKeys, ...revoked];
}
