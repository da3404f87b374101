import { Refusal } from "../errors.ts";
import { type ApiKey, ApiKeyId, type ApiKeyView, apiKeyView } from "../model/api-key.ts";
import type { Caller } from "../model/organization.ts";
import type { Store, Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/** A key of the caller's organization; anybody else's is not there. */
export async function findKey(store: Store, caller: Caller, id: string): Promise<Versioned<ApiKey>> {
  const found = ApiKeyId.safeParse(id).success ? await store.get("api-key", id) : undefined;
  if (found?.value.org !== caller.org || !found) throw new Refusal("not-found", `There is no key ${id}.`);
  return found;
}

/** GET /v1/orgs/{org}/keys/{key} */
export async function readKey({ store }: Dependencies, caller: Caller, id: string): Promise<Versioned<ApiKeyView>> {
  const { value, version } = await findKey(store, caller, id);
  const use = await store.get("api-key-use", value.id);
  return { value: apiKeyView(value, use?.value), version };
}

/** GET /v1/orgs/{org}/keys */
export async function listKeys(
  { store }: Dependencies,
  caller: Caller,
  org: string,
  query: ListQuery,
): Promise<ListedPage<ApiKeyView>> {
  const organization = await findOrganization(store, caller, org);
  const { items, ...page } = await readPage(
    store,
    { kind: "api-key", index: "keys-of-organization", partition: organization.id },
    query,
  );
  const uses = await store.getMany(
    "api-key-use",
    items.map(({ id }) => id),
  );
  const lastUses = new Map(uses.map(({ value }) => [value.key, value]));
  return { ...page, items: items.map((key) => apiKeyView(key, lastUses.get(key.id))) };
}
