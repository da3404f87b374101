import { Refusal } from "../errors.ts";
import { apiKeyIdOf, type Caller } from "../model/organization.ts";
import type { Dependencies } from "./dependencies.ts";

/** Who calls, by the bearer they present. Every reason to refuse gives the same answer, but for what the caller can mend. */
export async function authenticate(
  { store, secrets }: Pick<Dependencies, "store" | "secrets">,
  { authorization, from }: { authorization: string | undefined; from: string },
): Promise<Caller> {
  if (!authorization)
    throw new Refusal(
      "unauthenticated",
      "Send Authorization: Bearer <API key>. On one machine the key is in the file admin-key of the data directory.",
    );
  const presented = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const id = presented && apiKeyIdOf(presented);
  const key = id ? await store.get("api-key", id) : undefined;
  if (!presented || !key || key.value.sha256 !== secrets.sha256(presented))
    throw new Refusal(
      "unauthenticated",
      "The key is not known. Check that it is whole, and that it belongs to this control plane.",
    );
  const { org, role, platform } = key.value;
  return { actor: `key:${key.value.id}`, org, role, platform, from };
}

/** Refuses who is not one of the platform's operators. */
export function requirePlatform(caller: Caller): void {
  if (!caller.platform) throw new Refusal("forbidden", "Only operators of the platform may do this.");
}
