import { Refusal } from "../errors.ts";
import { expectMatch } from "../model/if-match.ts";
import { mayI } from "../model/may-i.ts";
import { expectMayGive, type Member, type MemberPatch, type MemberView, memberView } from "../model/member.ts";
import type { Caller } from "../model/organization.ts";
import type { Change, Versioned } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { memberClaim } from "./invite-member.ts";
import { ownershipOf } from "./owners.ts";
import { giveBackToQuota } from "./quota.ts";
import { findMember } from "./read-members.ts";
import { repeatOnConflict } from "./repeat.ts";

/** PATCH /v1/orgs/{org}/members/{member}: another role. */
export async function changeMember(
  deps: Dependencies,
  caller: Caller,
  { id, patch, ifMatch }: { id: string; patch: MemberPatch; ifMatch: string | undefined },
): Promise<Versioned<MemberView>> {
  const { store } = deps;
  return repeatOnConflict(async () => {
    const before = await findMember(store, caller, id);
    expectMatch(before.version, ifMatch);
    expectMayGive(caller.role, before.value.role, patch.role);
    const after: Member = { ...before.value, role: patch.role };
    await store.commit([
      { write: "put", was: before.version, kind: "member", value: after },
      ...(await ownership(deps, before.value, after)),
      auditOf(deps, caller, {
        action: "member.update",
        subject: after.id,
        before: memberView(before.value),
        after: memberView(after),
      }),
    ]);
    return { value: memberView(after), version: before.version + 1 };
  });
}

/** DELETE /v1/orgs/{org}/members/{member}: takes somebody out, or oneself. */
export async function removeMember(
  deps: Dependencies,
  caller: Caller,
  { id, ifMatch }: { id: string; ifMatch: string | undefined },
): Promise<void> {
  const { store } = deps;
  await repeatOnConflict(async () => {
    const { value: before, version } = await findMember(store, caller, id);
    if (caller.actor !== `user:${before.user}`) expectMayRemove(caller, before);
    expectMatch(version, ifMatch);
    const claim = await store.get("claim", memberClaim(before.org, before.email));
    await store.commit([
      { write: "remove", kind: "member", id: before.id, was: version },
      ...(claim?.value.owner === before.id
        ? [{ write: "remove", kind: "claim", id: claim.value.id, was: claim.version } as const]
        : []),
      ...(await ownership(deps, before, undefined)),
      ...(await giveBackToQuota(store, before.org, "members")),
      auditOf(deps, caller, {
        action: "member.remove",
        subject: before.id,
        before: memberView(before),
        after: null,
      }),
    ]);
  });
}

function expectMayRemove({ actor, org, role, platform, from }: Caller, member: Member): void {
  const principal = { actor, platform, from, memberships: [{ org, role }] };
  if (mayI(principal, "members.write", { org }) !== "allowed")
    throw new Refusal("forbidden", `You are ${role} and can take out yourself alone. Ask an owner or admin.`);
  expectMayGive(role, member.role);
}

/** Keeps count of the owners where this changes who they are. An invited owner is none yet. */
async function ownership({ store }: Dependencies, before: Member, after: Member | undefined): Promise<Change[]> {
  if (before.state !== "active" || (before.role !== "owner" && after?.role !== "owner")) return [];
  return ownershipOf(store, before.org, before.id, after?.role);
}
