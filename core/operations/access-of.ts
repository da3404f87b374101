import type { AccessDocument } from "../model/access.ts";
import type { Network } from "../model/network.ts";
import type { Dependencies } from "./dependencies.ts";

/** Who may call a network directly, as its cell is told: holders of tokens that we sign. */
export async function accessOf(
  { networkTokens, issuer }: Pick<Dependencies, "networkTokens" | "issuer">,
  network: Pick<Network, "generation">,
): Promise<AccessDocument> {
  return {
    generation: network.generation,
    keys: [],
    issuers: [{ issuer, jwks: { keys: await networkTokens.publicKeys() } }],
    revoked: [],
  };
}
