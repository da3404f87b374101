import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ulids } from "#adapters/world.ts";
import { type Action, actions, mayI, scopeOf } from "#core/model/may-i.ts";
import type { Principal } from "#core/model/organization.ts";
import { roles } from "#core/model/role.ts";

const ids = ulids({ now: Date.now });
const [org, other] = [ids.next("org"), ids.next("org")];
const [network, another] = [ids.next("net"), ids.next("net")];
const principal = (given: Partial<Principal> = {}): Principal => ({
  actor: "key:cpk_000000000000",
  memberships: [],
  platform: false,
  from: "127.0.0.1",
  ...given,
});

const anAction = fc.constantFrom(...(Object.keys(actions) as Action[]));
const aboutSomething = anAction.filter((action) => ["organization", "network", "history"].includes(scopeOf(action)));
const aRole = fc.nat(roles.length - 1);
const roleAt = (index: number) => roles[index] ?? "viewer";

describe("mayI", () => {
  it("allows a stronger role all that a weaker one may", () => {
    fc.assert(
      fc.property(anAction, aRole, aRole, (action, a, b) => {
        const may = (index: number) =>
          mayI(principal({ memberships: [{ org, role: roleAt(index) }] }), action, { org, network }) === "allowed";
        // The list begins with the strongest.
        if (may(Math.max(a, b))) expect(may(Math.min(a, b))).toBe(true);
      }),
    );
  });

  it("hides what is another organization's as what is not there", () => {
    fc.assert(
      fc.property(aboutSomething, aRole, (action, role) => {
        const stranger = principal({ memberships: [{ org: other, role: roleAt(role) }] });
        expect(mayI(stranger, action, { org, network })).toBe("hidden");
        expect(mayI(stranger, action, {})).toBe("hidden");
      }),
    );
  });

  it("never allows a key for some networks more than one for all, and nothing at other networks", () => {
    fc.assert(
      fc.property(aboutSomething, aRole, (action, role) => {
        const memberships = [{ org, role: roleAt(role) }];
        const limited = principal({ memberships, networks: [network] });
        if (mayI(limited, action, { org, network }) === "allowed")
          expect(mayI(principal({ memberships }), action, { org, network })).toBe("allowed");
        expect(mayI(limited, action, { org, network: another })).not.toBe("allowed");
      }),
    );
  });

  it("allows nobody who is not signed in anything but what is for anybody", () => {
    fc.assert(
      fc.property(anAction, (action) => {
        expect(mayI(undefined, action, { org, network }) === "allowed").toBe(scopeOf(action) === "public");
      }),
    );
  });
});
