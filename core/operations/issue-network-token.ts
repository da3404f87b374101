import { Refusal } from "../errors.ts";
import type { Caller } from "../model/organization.ts";
import { isAtLeast, type Role } from "../model/role.ts";
import { timestampOf } from "../model/time.ts";
import type { Dependencies } from "./dependencies.ts";
import { findNetwork } from "./read-network.ts";

/** How long a network token lives; trust.md allows at most this. */
const TOKEN_SECONDS = 15 * 60;

/** POST /v1/networks/{net}/token: what opens this one network, straight at its cell, and nothing else. */
export async function issueNetworkToken(
  { store, clock, networkTokens, issuer, secrets }: Dependencies,
  caller: Caller,
  { id, role = caller.role }: { id: string; role: Role | undefined },
): Promise<{ token: string; expiresAt: string }> {
  const { value: network } = await findNetwork(store, caller, id);
  if (!isAtLeast(caller.role, role))
    throw new Refusal("forbidden", `You are ${caller.role} and cannot hand out the role ${role}.`);
  const iat = Math.floor(clock.now() / 1_000);
  const token = await networkTokens.sign("network+jwt", {
    iss: issuer,
    aud: network.id,
    sub: caller.actor,
    role,
    jti: secrets.random(),
    iat,
    exp: iat + TOKEN_SECONDS,
  });
  return { token, expiresAt: timestampOf((iat + TOKEN_SECONDS) * 1_000) };
}
