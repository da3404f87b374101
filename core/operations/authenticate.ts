import { Refusal } from "../errors.ts";
import { type ApiKey, apiKeyIdOf, hasExpired } from "../model/api-key.ts";
import { isAllowedFrom } from "../model/cidr.ts";
import type { Caller, Principal } from "../model/organization.ts";
import type { Dependencies } from "./dependencies.ts";
import { signIn } from "./sign-in.ts";

/** Who calls, by the bearer they present. Every reason to refuse gives the same answer, but for what the caller can mend. */
export async function authenticate(
  deps: Dependencies,
  { authorization, from }: { authorization: string | undefined; from: string },
): Promise<Principal> {
  if (!authorization)
    throw new Refusal(
      "unauthenticated",
      "Send Authorization: Bearer <API key or OIDC token>. On one machine the key is in the file admin-key of the data directory.",
    );
  const presented = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
  if (!presented.startsWith("cpk_") && presented.split(".").length === 3)
    return signIn(deps, await deps.people.identify(presented, deps.clock.now()), from);
  return principalOf(await findKey(deps, presented), from);
}

/** The key whose whole text was presented, while it is valid. */
async function findKey({ store, secrets, clock }: Dependencies, presented: string): Promise<ApiKey> {
  const id = apiKeyIdOf(presented);
  const key = id ? await store.get("api-key", id) : undefined;
  if (key?.value.sha256 !== secrets.sha256(presented) || !key)
    throw new Refusal(
      "unauthenticated",
      "The key is not known. Check that it is whole, that it was not revoked, and that it belongs to this control plane.",
    );
  if (hasExpired(key.value, clock.now()))
    throw new Refusal(
      "unauthenticated",
      `The key expired at ${key.value.expiresAt}. Make a new one, or rotate in time.`,
    );
  return key.value;
}

function principalOf({ id, org, role, platform, networks, cidrs, expiresAt }: ApiKey, from: string): Principal {
  if (cidrs && !isAllowedFrom(from, cidrs))
    throw new Refusal("forbidden", `This key may not be used from ${from}, only from ${cidrs.join(", ")}.`);
  const limited = Boolean(networks || cidrs || expiresAt);
  return { actor: `key:${id}`, memberships: [{ org, role }], platform, networks, limited, from };
}

/** Refuses who is not one of the platform's operators. */
export function requirePlatform(caller: Pick<Caller, "platform">): void {
  if (!caller.platform) throw new Refusal("forbidden", "Only operators of the platform may do this.");
}
