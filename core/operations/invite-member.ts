import { Refusal } from "../errors.ts";
import type { OrganizationId } from "../model/ids.ts";
import { expectMayGive, type Invitation, type Member, type MemberView, memberView } from "../model/member.ts";
import type { Caller } from "../model/organization.ts";
import { timestampOf } from "../model/time.ts";
import type { Versioned } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { idempotently } from "./idempotently.ts";
import { takeOfQuota } from "./quota.ts";
import { repeatOnConflict } from "./repeat.ts";

/** POST /v1/orgs/{org}/members: whoever signs in with this address, verified by their issuer, is a member from then on. */
export async function inviteMember(
  deps: Dependencies,
  caller: Caller,
  { org, invitation, idempotencyKey }: { org: string; invitation: Invitation; idempotencyKey: string | undefined },
): Promise<Versioned<MemberView>> {
  const { store, ids, clock } = deps;
  const organization = await findOrganization(store, caller, org);
  const { email, role } = invitation;
  expectMayGive(caller.role, role);
  const repeatable = { key: idempotencyKey, request: { create: "member", org: organization.id, invitation } };

  return repeatOnConflict(() =>
    idempotently<Versioned<MemberView>>(deps, caller, repeatable, async (remember) => {
      const claim = memberClaim(organization.id, email);
      if (await store.get("claim", claim))
        throw new Refusal("name-taken", `${email} is a member or invited already. Change the role there.`);
      const member: Member = {
        id: ids.next("mem"),
        org: organization.id,
        email,
        role,
        state: "invited",
        user: null,
        createdAt: timestampOf(clock.now()),
      };
      const answer = { value: memberView(member), version: 1 };
      await store.commit([
        { write: "put", was: 0, kind: "claim", value: { id: claim, owner: member.id } },
        { write: "put", was: 0, kind: "member", value: member },
        await takeOfQuota(store, organization.id, "members"),
        auditOf(deps, caller, { action: "member.invite", subject: member.id, before: null, after: answer.value }),
        ...remember(answer),
      ]);
      return answer;
    }),
  );
}

/** An address is invited once to an organization. */
export const memberClaim = (org: OrganizationId, email: string): string => `member/${org}/${email}`;
