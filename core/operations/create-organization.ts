import { Refusal } from "../errors.ts";
import { Email, type Member } from "../model/member.ts";
import { callerIn, type Organization, type OrganizationSpec, type Principal } from "../model/organization.ts";
import { quotaCounter } from "../model/quota.ts";
import { timestampOf } from "../model/time.ts";
import type { Change, Versioned } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { organizationClaim } from "./find-organization.ts";
import { idempotently } from "./idempotently.ts";
import { memberClaim } from "./invite-member.ts";
import { repeatOnConflict } from "./repeat.ts";

/** How many organizations one person can make; operators of the platform can make any number. */
const MOST_OF_ONE_PERSON = 10;

/** POST /v1/orgs. A person becomes its owner; one that an operator's key makes has no members until somebody is invited. */
export async function createOrganization(
  deps: Dependencies,
  principal: Principal,
  { spec, idempotencyKey }: { spec: OrganizationSpec; idempotencyKey: string | undefined },
): Promise<Versioned<Organization>> {
  const { store, ids, clock } = deps;
  const { actor, platform } = principal;
  if (!actor.startsWith("user:") && !platform)
    throw new Refusal(
      "forbidden",
      "A key belongs to one organization and cannot make another. Sign in as a person, or ask an operator of the platform.",
    );
  const repeatable = { key: idempotencyKey, request: { create: "organization", spec } };

  return repeatOnConflict(() =>
    idempotently<Versioned<Organization>>(deps, { actor, org: "*" }, repeatable, async (remember) => {
      await expectFree(deps, spec.slug);
      const created: Organization = {
        id: ids.next("org"),
        slug: spec.slug,
        name: spec.name ?? spec.slug,
        createdAt: timestampOf(clock.now()),
        createdBy: actor,
      };
      const answer = { value: created, version: 1 };
      const caller = callerIn(principal, { org: created.id, role: "owner" });
      await store.commit([
        { write: "put", was: 0, kind: "claim", value: { id: organizationClaim(created.slug), owner: created.id } },
        { write: "put", was: 0, kind: "organization", value: created },
        ...(await foundedBy(deps, principal, created)),
        auditOf(deps, caller, { action: "organization.create", subject: created.id, before: null, after: created }),
        ...remember(answer),
      ]);
      return answer;
    }),
  );
}

/** Refuses a slug that somebody has. */
export async function expectFree({ store }: Pick<Dependencies, "store">, slug: string): Promise<void> {
  if (await store.get("claim", organizationClaim(slug)))
    throw new Refusal("name-taken", `The slug ${slug} is taken. Choose another.`);
}

/** Name of the counter of the organizations that somebody made and that are there. */
export const madeBy = (actor: string): string => `organizations-made/${actor}`;

/** The writes that make a person the first owner. */
async function foundedBy(
  { store, ids }: Dependencies,
  { actor, email, platform }: Principal,
  { id: org, createdAt }: Organization,
): Promise<Change[]> {
  const user = actor.startsWith("user:") ? await store.get("user", actor.slice("user:".length)) : undefined;
  if (!user) return [];
  const made = madeBy(actor);
  if (!platform && (await store.countOf(made)) >= MOST_OF_ONE_PERSON)
    throw new Refusal(
      "quota-exceeded",
      `You have made ${MOST_OF_ONE_PERSON} organizations, which is the most. Delete one, or ask the platform's operators.`,
      { extra: { quota: "organizations", limit: MOST_OF_ONE_PERSON, used: MOST_OF_ONE_PERSON } },
    );
  const address = Email.safeParse(email);
  const member: Member = {
    id: ids.next("mem"),
    org,
    email: address.success ? address.data : "",
    role: "owner",
    state: "active",
    user: user.value.id,
    createdAt,
  };
  return [
    { write: "put", was: 0, kind: "member", value: member },
    { write: "put", was: 0, kind: "owners", value: { org, members: [member.id] } },
    { write: "count", counter: quotaCounter("members", org), by: 1 },
    { write: "count", counter: made, by: 1, ...(platform ? {} : { atMost: MOST_OF_ONE_PERSON }) },
    ...(address.success
      ? [
          {
            write: "put",
            was: 0,
            kind: "claim",
            value: { id: memberClaim(org, address.data), owner: member.id },
          } as const,
        ]
      : []),
  ];
}
