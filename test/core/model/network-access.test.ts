import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NetworkId } from "#core/model/ids.ts";
import {
  AccessEntries,
  type AccessEntry,
  changeAccess,
  grantedKeys,
  grantOf,
  issuableFrom,
  noAccess,
} from "#core/model/network-access.ts";
import { roles } from "#core/model/role.ts";

const network = NetworkId.parse(`net_${"0".repeat(26)}`);
const now = Date.parse("2026-01-01T12:00:00.250Z");
const minutes = 60_000;
const eve = (role: AccessEntry["role"], workspaces?: string[]): AccessEntry => ({
  subject: "user:eve",
  role,
  ...(workspaces ? { workspaces } : {}),
});

describe("a change of the access list", () => {
  const cases: [string, AccessEntry[], AccessEntry[], boolean][] = [
    ["a weaker role", [eve("admin")], [eve("viewer")], true],
    ["a stronger role", [eve("viewer")], [eve("admin")], false],
    ["fewer workspaces", [eve("admin", ["a", "b"])], [eve("admin", ["a"])], true],
    ["more workspaces", [eve("admin", ["a"])], [eve("admin", ["a", "b"])], false],
    ["some workspaces instead of all", [eve("admin")], [eve("admin", ["a"])], true],
    ["all workspaces instead of some", [eve("admin", ["a"])], [eve("admin")], false],
    ["other workspaces", [eve("admin", ["a"])], [eve("admin", ["b"])], true],
    ["a stronger role in fewer workspaces", [eve("viewer")], [eve("owner", ["a"])], true],
    ["no entry any more", [eve("viewer")], [], true],
    ["a first entry that takes something away", [], [eve("admin")], true],
    ["a first entry that takes nothing away", [], [eve("owner")], false],
  ];
  it.each(cases)("with %s", (_what, before, after, loses) => {
    const changed = changeAccess({ ...noAccess(network), entries: before }, after, now);
    expect(changed).toMatchObject({ network, entries: after });
    expect(changed?.revoked).toEqual(loses ? [{ sub: "user:eve", before: "2026-01-01T12:00:00.250Z" }] : []);
  });

  it("is none where the entries are the same", () => {
    expect(changeAccess({ ...noAccess(network), entries: [eve("admin", ["a"])] }, [eve("admin", ["a"])], now)).toBe(
      undefined,
    );
  });

  it("keeps what was revoked for as long as a token of before could live, each subject once", () => {
    const revoked = [
      { sub: "user:old", before: new Date(now - 31 * minutes).toISOString() },
      { sub: "user:new", before: new Date(now - 14 * minutes).toISOString() },
      { sub: "user:eve", before: new Date(now - 1 * minutes).toISOString() },
    ];
    const changed = changeAccess({ ...noAccess(network), entries: [eve("admin")], revoked }, [], now);
    expect(changed?.revoked).toEqual([revoked[1], { sub: "user:eve", before: "2026-01-01T12:00:00.250Z" }]);
  });

  it("is refused where it would take more tokens away than a cell should be told of", () => {
    const many = (letter: string) =>
      Array.from({ length: 200 }, (_, n): AccessEntry => ({ subject: `${letter}${n}`, role: "viewer" }));
    let list = noAccess(network);
    for (const letter of ["a", "b", "c", "d", "e"]) list = changeAccess(list, many(letter), now) ?? list;
    expect(() => changeAccess(list, many("f"), now)).toThrow(expect.objectContaining({ kind: "not-possible-now" }));
  });
});

describe("what somebody may in a network", () => {
  const role = fc.constantFrom(...roles);
  const strength = (of: AccessEntry["role"]) => 4 - ["owner", "admin", "operator", "viewer"].indexOf(of);

  it("is never more than their own role, nor than their entry", () => {
    void fc.assert(
      fc.property(
        role,
        role,
        fc.option(fc.array(fc.constant("a"), { minLength: 1, maxLength: 1 }), { nil: undefined }),
        (own, entry, workspaces) => {
          const grant = grantOf([eve(entry, workspaces)], "user:eve", own);
          expect(strength(grant.role)).toBe(Math.min(strength(own), strength(entry)));
          expect(grant.workspaces).toEqual(workspaces);
        },
      ),
    );
  });

  it("is their own role where no entry is about them", () => {
    expect(grantOf([eve("viewer", ["a"])], "user:bob", "admin")).toEqual({ role: "admin" });
  });

  it("holds for keys too, by their ids", () => {
    const key = { id: "cpk_0000000000aa", sha256: "0".repeat(64), role: "admin" as const, cidrs: ["10.0.0.0/8"] };
    const other = { ...key, id: "cpk_0000000000bb" };
    const entries: AccessEntry[] = [{ subject: "key:cpk_0000000000aa", role: "viewer", workspaces: ["a"] }];
    expect(grantedKeys([key, other], entries)).toEqual([{ ...key, role: "viewer", workspaces: ["a"] }, other]);
  });
});

describe("when a token may say that it was issued", () => {
  it("is now, or the first second that no revocation takes", () => {
    const revoked = [{ sub: "user:eve", before: "2026-01-01T12:00:00.250Z" }];
    expect(issuableFrom([], "user:eve", now)).toBe(now / 1_000 - 0.25);
    expect(issuableFrom(revoked, "user:bob", now)).toBe(now / 1_000 - 0.25);
    expect(issuableFrom(revoked, "user:eve", now)).toBe(now / 1_000 + 0.75);
    expect(issuableFrom(revoked, "user:eve", now + 5_000)).toBe(now / 1_000 + 4.75);
  });
});

describe("entries", () => {
  it.each([
    [[eve("viewer"), eve("admin")]],
    [[{ subject: "a b", role: "viewer" }]],
    [[{ subject: "", role: "viewer" }]],
    [[{ subject: "x", role: "king" }]],
    [[{ subject: "x", role: "viewer", workspaces: [] }]],
    [[{ subject: "x", role: "viewer", workspaces: ["Not A Name"] }]],
    [[{ subject: "x", role: "viewer", more: 1 }]],
  ])("%j are refused", (entries) => expect(AccessEntries.safeParse(entries).success).toBe(false));
});
