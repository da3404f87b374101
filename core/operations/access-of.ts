import type { AccessDocument } from "../model/access.ts";
import type { Network } from "../model/network.ts";
import type { Dependencies } from "./dependencies.ts";
import { accessKeysOf, revokedOf } from "./keys-of-network.ts";

/** Who may call a network directly, as its cell is told: holders of keys that are for it, and of tokens that we sign. */
export async function accessOf(
  { store, networkTokens, issuer }: Pick<Dependencies, "store" | "networkTokens" | "issuer">,
  network: Pick<Network, "id" | "generation">,
): Promise<AccessDocument> {
  return {
    generation: network.generation,
    keys: await accessKeysOf(store, network.id),
    issuers: [{ issuer, jwks: { keys: await networkTokens.publicKeys() } }],
    revoked: await revokedOf(store, network.id),
  };
}
