import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ulids } from "#adapters/world.ts";
import { Email, expectMayGive, type Owners, ownersAfter } from "#core/model/member.ts";
import { type Role, roles } from "#core/model/role.ts";

const ids = ulids({ now: Date.now });
const org = ids.next("org");
const [a, b, c] = [ids.next("mem"), ids.next("mem"), ids.next("mem")];
const owned = (...members: (typeof a)[]): Owners => ({ org, members });

describe("the owners of an organization", () => {
  it.each<[string, Owners, Role | undefined, Owners | "refused"]>([
    ["the first one comes", owned(), "owner", owned(a)],
    ["another one comes", owned(b), "owner", owned(a, b)],
    ["one stays what they are", owned(a, b), "owner", owned(a, b)],
    ["one of two is lowered", owned(a, b), "admin", owned(b)],
    ["one of two leaves", owned(a, b), undefined, owned(b)],
    ["the last one is lowered", owned(a), "admin", "refused"],
    ["the last one leaves", owned(a), undefined, "refused"],
    ["somebody else leaves", owned(b), undefined, owned(b)],
    ["somebody leaves where nobody ever owned", owned(), undefined, owned()],
  ])("when %s", (_what, before, role, after) => {
    if (after === "refused") expect(() => ownersAfter(before, a, role)).toThrow(/last owner/);
    else expect(ownersAfter(before, a, role)).toEqual(after);
  });

  it("are never none again once there was one, and never twice the same", () => {
    const step = fc.tuple(fc.constantFrom(a, b, c), fc.constantFrom<Role | undefined>(...roles, undefined));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let owners = owned();
        let wasOwned = false;
        for (const [member, role] of steps) {
          try {
            owners = ownersAfter(owners, member, role);
          } catch {
            // Refused: nothing changed.
          }
          wasOwned ||= role === "owner";
          expect(owners.members.length > 0).toBe(wasOwned);
          expect(new Set(owners.members).size).toBe(owners.members.length);
        }
      }),
    );
  });
});

describe("a role", () => {
  it.each(roles.flatMap((own) => roles.map((given) => [own, given] as const)))(
    "%s may give %s or not",
    (own, given) => {
      const strength: Record<Role, number> = { viewer: 1, operator: 2, admin: 3, owner: 4 };
      const give = () => expectMayGive(own, "viewer", given);
      if (strength[given] <= strength[own]) expect(give).not.toThrow();
      else expect(give).toThrow(given);
    },
  );
});

it.each([
  [" Ann@Example.COM ", "ann@example.com"],
  ["ann+ci@example.com", "ann+ci@example.com"],
])("the address %j is kept as %j", (given, kept) => {
  expect(Email.parse(given)).toBe(kept);
});
it.each(["", "ann", "ann@", "@example.com", "a b@example.com", `${"a".repeat(250)}@example.com`])(
  "%j is no address",
  (given) => {
    expect(Email.safeParse(given).success).toBe(false);
  },
);
