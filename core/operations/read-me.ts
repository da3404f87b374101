import { apiKeyView } from "../model/api-key.ts";
import type { Principal } from "../model/organization.ts";
import type { Dependencies } from "./dependencies.ts";
import { organizationsOf } from "./read-organizations.ts";

/** GET /v1/me: who one is, and where. */
export async function readMe({ store }: Pick<Dependencies, "store">, principal: Principal) {
  const { actor, platform, memberships } = principal;
  const [kind, id = ""] = actor.split(":");
  const [key, user, organizations] = await Promise.all([
    kind === "key" ? store.get("api-key", id) : undefined,
    kind === "user" ? store.get("user", id) : undefined,
    organizationsOf(
      store,
      principal,
      memberships.map(({ org }) => org),
    ),
  ]);
  return {
    actor,
    kind,
    id,
    email: user?.value.email ?? null,
    name: user?.value.name ?? key?.value.name ?? null,
    platform,
    organizations: organizations.map(({ id: org, slug, name, role }) => ({ id: org, slug, name, role })),
    ...(key ? { key: apiKeyView(key.value, undefined) } : {}),
  };
}
