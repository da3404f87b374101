import { Refusal } from "../errors.ts";
import type { UserId } from "../model/ids.ts";
import { Email, type Member, type User } from "../model/member.ts";
import type { Membership, Principal } from "../model/organization.ts";
import { isAtLeast } from "../model/role.ts";
import { timestampOf } from "../model/time.ts";
import type { Person, Versioned } from "../ports.ts";
import { acceptInvitation } from "./accept-invitation.ts";
import type { Dependencies } from "./dependencies.ts";

/** How many organizations one person belongs to at most; and invitations that are taken up at once. */
const MOST = 200;

/**
 * The principal that a person is. Who comes for the first time gets a record; whoever comes takes up the invitations to an address
 * that the issuer says is theirs.
 */
export async function signIn(deps: Dependencies, person: Person, from: string): Promise<Principal> {
  const user = await recordUser(deps, person);
  const actor = `user:${user.id}`;
  const accepted = person.email === null ? [] : await acceptAll(deps, user.id, person.email, { actor, from });
  const members = new Map([...(await membersOf(deps, user.id)), ...accepted].map((member) => [member.id, member]));
  return {
    actor,
    from,
    platform: person.platform,
    email: person.email ?? undefined,
    memberships: strongest([...members.values()]),
  };
}

/** Made of who they are at their issuer, so that one person always is one user. */
const userIdOf = ({ secrets }: Dependencies, { issuer, subject }: Person): UserId =>
  `usr_${secrets.sha256(JSON.stringify([issuer, subject])).slice(0, 26)}` as UserId;

async function recordUser(deps: Dependencies, person: Person): Promise<User> {
  const { store, clock } = deps;
  const id = userIdOf(deps, person);
  const known = await store.get("user", id);
  if (known && known.value.email === person.email && known.value.name === person.name) return known.value;
  const { issuer, subject, email, name } = person;
  const createdAt = known?.value.createdAt ?? timestampOf(clock.now());
  const user: User = { id, issuer, subject, email, name, createdAt };
  try {
    await store.commit([{ write: "put", was: known?.version ?? 0, kind: "user", value: user }]);
  } catch (error) {
    // Two first requests at once: the other one has written the same.
    if (!(error instanceof Refusal) || error.kind !== "conflict") throw error;
  }
  return user;
}

async function acceptAll(
  deps: Dependencies,
  user: UserId,
  address: string,
  who: { actor: string; from: string },
): Promise<Member[]> {
  const email = Email.safeParse(address);
  if (!email.success) return [];
  const listed = await deps.store.list("invitations", email.data, { limit: MOST });
  const accepted: Member[] = [];
  for (const { id } of listed) {
    const member = await acceptInvitation(deps, who, { member: id, user, email: email.data });
    if (member) accepted.push(member);
  }
  return accepted;
}

/** The index may lag; the records say what holds. */
async function membersOf({ store }: Dependencies, user: UserId): Promise<Member[]> {
  const listed = await store.list("members-of-user", user, { limit: MOST });
  const members: Versioned<Member>[] = await store.getMany(
    "member",
    listed.map(({ id }) => id),
  );
  return members.map(({ value }) => value).filter((member) => member.user === user);
}

/** One membership an organization: who was invited by two addresses has the stronger role. */
function strongest(members: readonly Member[]): Membership[] {
  const roles = new Map<Membership["org"], Membership["role"]>();
  for (const { org, role } of members) {
    const known = roles.get(org);
    if (!known || isAtLeast(role, known)) roles.set(org, role);
  }
  return [...roles].map(([org, role]) => ({ org, role }));
}
