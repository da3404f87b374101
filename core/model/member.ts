import * as z from "zod";
import { Refusal } from "../errors.ts";
import { MemberId, OrganizationId, UserId } from "./ids.ts";
import { isAtLeast, Role } from "./role.ts";
import { Timestamp } from "./time.ts";

/** An e-mail address in lower case: two that differ in case alone are one person's. */
export const Email = z.string().trim().max(254).toLowerCase().pipe(z.email("must be an e-mail address"));

export const Invitation = z.strictObject({ email: Email, role: Role });
export type Invitation = z.infer<typeof Invitation>;

export const MemberPatch = z.strictObject({ role: Role });
export type MemberPatch = z.infer<typeof MemberPatch>;

/** A person in an organization: invited by an address, active once somebody signed in who is known to have it. */
export const Member = z.strictObject({
  id: MemberId,
  org: OrganizationId,
  email: z.string(),
  role: Role,
  state: z.enum(["invited", "active"]),
  user: UserId.nullable(),
  createdAt: Timestamp,
});
export type Member = z.infer<typeof Member>;

/** Who signed in by an issuer. The id is made of the issuer and its subject, so it is found without an index. */
export const User = z.strictObject({
  id: UserId,
  issuer: z.string(),
  subject: z.string(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  createdAt: Timestamp,
});
export type User = z.infer<typeof User>;

/** The active owners of an organization. Once there is one, there is always one. */
export const Owners = z.strictObject({ org: OrganizationId, members: z.array(MemberId) });
export type Owners = z.infer<typeof Owners>;

/** A member as the API shows it. */
export const MemberView = Member.omit({ org: true, user: true });
export type MemberView = z.infer<typeof MemberView>;

export const memberView = ({ org, user, ...shown }: Member): MemberView => shown;

/** Refuses to hand out, change or take away a role above one's own. */
export function expectMayGive(own: Role, ...given: readonly Role[]): void {
  const above = given.find((role) => !isAtLeast(own, role));
  if (above) throw new Refusal("forbidden", `You are ${own} and cannot give or take the role ${above}.`);
}

/** The owners after a member became `role` (undefined: left). Refuses when nobody would be left. */
export function ownersAfter(owners: Owners, member: MemberId, role: Role | undefined): Owners {
  const others = owners.members.filter((id) => id !== member);
  if (role === "owner") return { ...owners, members: [...others, member].sort() };
  if (others.length === 0 && owners.members.length > 0)
    throw new Refusal(
      "not-possible-now",
      "The last owner cannot leave or be lowered. Make somebody else owner first, or delete the organization.",
    );
  return { ...owners, members: others };
}
