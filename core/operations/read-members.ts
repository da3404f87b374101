import { Refusal } from "../errors.ts";
import { MemberId } from "../model/ids.ts";
import { type Member, type MemberView, memberView } from "../model/member.ts";
import type { Caller } from "../model/organization.ts";
import type { Store, Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/** A member of the caller's organization; anybody else's is not there. */
export async function findMember(store: Store, caller: Caller, id: string): Promise<Versioned<Member>> {
  const found = MemberId.safeParse(id).success ? await store.get("member", id) : undefined;
  if (found?.value.org !== caller.org || !found) throw new Refusal("not-found", `There is no member ${id}.`);
  return found;
}

/** GET /v1/orgs/{org}/members/{member} */
export async function readMember({ store }: Dependencies, caller: Caller, id: string): Promise<Versioned<MemberView>> {
  const { value, version } = await findMember(store, caller, id);
  return { value: memberView(value), version };
}

/** GET /v1/orgs/{org}/members, in order of invitation. */
export async function listMembers(
  { store }: Dependencies,
  caller: Caller,
  org: string,
  query: ListQuery,
): Promise<ListedPage<MemberView>> {
  const { id } = await findOrganization(store, caller, org);
  const { items, ...page } = await readPage(
    store,
    { kind: "member", index: "members-of-organization", partition: id },
    query,
  );
  return { ...page, items: items.map(memberView) };
}
