import { Refusal } from "#core/errors.ts";
import { AccessDocument } from "#core/model/access.ts";
import { isAllowedFrom } from "#core/model/cidr.ts";
import type { NetworkCaller } from "#core/model/network-caller.ts";
import { Role } from "#core/model/role.ts";
import type { Clock, Secrets, Verifier } from "#core/ports.ts";

/** Longest life of a network token, with what clocks may differ. */
const LONGEST_TOKEN_SECONDS = 15 * 60 + 60;

const SIGN_IN =
  "Call with a network token or a network key. A token is made with POST /v1/networks/{net}/token at the control plane; the cellplane command fetches one by itself.";

/** Who may call this network: decided here alone, from the newest document that was pushed. */
export interface AccessList {
  generation(): number;
  /** Keeps it if it is newer than what is known; false where it is older. */
  accept(document: AccessDocument): boolean;
  /** Refuses with `unauthenticated` whoever is not on it. */
  callerOf(request: { authorization: string | undefined; from: string }): Promise<NetworkCaller>;
}

const nobody: AccessDocument = { generation: 0, keys: [], issuers: [], revoked: [] };

export function accessList(
  mounted: unknown,
  { network, clock, secrets, verifier }: { network: string; clock: Clock; secrets: Secrets; verifier: Verifier },
): AccessList {
  let list = mounted === undefined ? nobody : AccessDocument.parse(mounted);
  const unknownCaller = (cause?: unknown) => new Refusal("unauthenticated", SIGN_IN, { cause });

  const byKey = (key: string, from: string): NetworkCaller => {
    const digest = secrets.sha256(key);
    const found = list.keys.find(({ sha256 }) => sha256 === digest);
    const expired = found?.expiresAt !== undefined && Date.parse(found.expiresAt) <= clock.now();
    if (!found || expired || !isAllowedFrom(from, found.cidrs ?? [])) throw unknownCaller();
    return { subject: found.id, role: found.role, workspaces: found.workspaces };
  };

  const byToken = async (token: string): Promise<NetworkCaller> => {
    for (const { issuer, jwks } of list.issuers) {
      const expected = { typ: "network+jwt", audience: network, keys: jwks.keys, now: clock.now() };
      const verified = await verifier.verify(token, expected).catch(() => undefined);
      const claims = verified?.claims;
      if (!claims || claims.iss !== issuer || claims.exp - claims.iat > LONGEST_TOKEN_SECONDS) continue;
      const { sub, role, workspaces, iat } = claims;
      const known = Role.safeParse(role);
      const isBound = workspaces !== undefined;
      const isList = Array.isArray(workspaces) && workspaces.every((name) => typeof name === "string");
      if (typeof sub !== "string" || !known.success || (isBound && !isList)) continue;
      if (list.revoked.some((one) => one.sub === sub && iat * 1_000 < Date.parse(one.before))) throw unknownCaller();
      return { subject: sub, role: known.data, workspaces: isList ? workspaces : undefined };
    }
    throw unknownCaller();
  };

  return {
    generation: () => list.generation,
    accept(document) {
      if (document.generation < list.generation) return false;
      list = document;
      return true;
    },
    async callerOf({ authorization = "", from }) {
      const bearer = /^Bearer ([\x21-\x7e]{1,8192})$/i.exec(authorization)?.[1];
      if (!bearer) throw unknownCaller();
      return bearer.startsWith("cpk_") ? byKey(bearer, from) : byToken(bearer);
    },
  };
}
