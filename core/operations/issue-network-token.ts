import { Refusal } from "../errors.ts";
import { grantOf, issuableFrom } from "../model/network-access.ts";
import type { Caller } from "../model/organization.ts";
import { isAtLeast, type Role } from "../model/role.ts";
import { timestampOf } from "../model/time.ts";
import { accessListOf, allRevokedOf } from "./access-of.ts";
import type { Dependencies } from "./dependencies.ts";
import { findNetwork } from "./read-network.ts";

/** How long a network token lives; trust.md allows at most this. */
const TOKEN_SECONDS = 15 * 60;

/**
 * POST /v1/networks/{net}/token: what opens this one network, straight at its cell, and nothing else. It carries what the access list
 * allows its caller, and never more than their own role.
 */
export async function issueNetworkToken(
  { store, clock, networkTokens, issuer, secrets }: Dependencies,
  caller: Caller,
  { id, role }: { id: string; role: Role | undefined },
): Promise<{ token: string; expiresAt: string }> {
  const { value: network } = await findNetwork(store, caller, id);
  const { entries } = await accessListOf(store, network.id);
  const granted = grantOf(entries, caller.actor, caller.role);
  if (role && !isAtLeast(granted.role, role))
    throw new Refusal("forbidden", `You are ${granted.role} there and cannot hand out the role ${role}.`);
  const iat = issuableFrom(await allRevokedOf(store, network.id), caller.actor, clock.now());
  const token = await networkTokens.sign("network+jwt", {
    iss: issuer,
    aud: network.id,
    sub: caller.actor,
    ...granted,
    ...(role ? { role } : {}),
    jti: secrets.random(),
    iat,
    exp: iat + TOKEN_SECONDS,
  });
  return { token, expiresAt: timestampOf((iat + TOKEN_SECONDS) * 1_000) };
}
