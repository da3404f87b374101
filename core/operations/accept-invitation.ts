import type { UserId } from "../model/ids.ts";
import { type Member, memberView } from "../model/member.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { ownershipOf } from "./owners.ts";
import { repeatOnConflict } from "./repeat.ts";

/** Makes an invited person a member. Undefined where the invitation is gone, taken, or for another address. */
export async function acceptInvitation(
  deps: Dependencies,
  who: { readonly actor: string; readonly from: string },
  { member: id, user, email }: { member: string; user: UserId; email: string },
): Promise<Member | undefined> {
  const { store } = deps;
  return repeatOnConflict(async () => {
    const found = await store.get("member", id);
    if (!found || found.value.email !== email) return undefined;
    if (found.value.state === "active") return found.value.user === user ? found.value : undefined;

    const member: Member = { ...found.value, state: "active", user };
    const { org, role } = member;
    await store.commit([
      { write: "put", was: found.version, kind: "member", value: member },
      ...(role === "owner" ? await ownershipOf(store, org, member.id, role) : []),
      auditOf(
        deps,
        { ...who, org, role, platform: false },
        { action: "member.accept", subject: id, before: memberView(found.value), after: memberView(member) },
      ),
    ]);
    return member;
  });
}
