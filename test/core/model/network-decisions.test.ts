import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWithin } from "#core/model/cidr.ts";
import { countsOf, targetState } from "#core/model/deployment.ts";
import { shouldPoke } from "#core/model/desired.ts";
import { livenessOf, type Signs } from "#core/model/liveness.ts";
import { mayInNetwork } from "#core/model/network-caller.ts";
import { matches, requirementsOf } from "#core/model/selector.ts";
import { admit, newToken, TokenId, TokenSpec } from "#core/model/token.ts";

describe("selectors", () => {
  const labels = { env: "prod", region: "eu", cpus: "8", empty: "" };
  it.each([
    ["", true],
    ["env=prod", true],
    ["env==prod,region=eu", true],
    ["env=prod, region=us", false],
    ["env!=prod", false],
    ["missing!=x", true],
    ["region in (eu, us)", true],
    ["region in (us)", false],
    ["region notin (us),env", true],
    ["missing notin (a)", true],
    ["env", true],
    ["!env", false],
    ["!missing", true],
    ["cpus>4", true],
    ["cpus<8", false],
    ["env>4", false],
    ["empty=", true],
    ["toString", false],
  ])("%j: %s", (text, expected) => {
    expect(matches(requirementsOf(text), labels)).toBe(expected);
  });

  it.each(["env in (", "env=a b", "=x", "a,,b", "cpus>many", "env in ()x", "(a)", "env=pro d", "-a=b"])(
    "%j is none",
    (text) => {
      expect(() => requirementsOf(text)).toThrow(/is not a selector/);
    },
  );

  it("means the same as an object", () => {
    const object = {
      matchLabels: { env: "prod" },
      matchExpressions: [{ key: "a", operator: "Exists" as const, values: [] }],
    };
    expect(requirementsOf(object)).toEqual(requirementsOf("env=prod,a"));
  });
});

describe("networks of addresses", () => {
  it.each([
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["::ffff:10.1.2.3", "10.0.0.0/8", true],
    ["10.0.0.1", "10.0.0.1", true],
    ["1.2.3.4", "0.0.0.0/0", true],
    ["2001:db8::1", "2001:db8::/32", true],
    ["2001:db9::1", "2001:db8::/32", false],
    ["::1", "10.0.0.0/8", false],
    ["nonsense", "0.0.0.0/0", false],
  ])("%s in %s: %s", (address, cidr, expected) => {
    expect(isWithin(address, cidr)).toBe(expected);
  });
});

describe("who may do what in a network", () => {
  it.each([
    ["viewer", "nodes.read", undefined, "allowed"],
    ["viewer", "nodes.write", undefined, "forbidden"],
    ["viewer", "tokens.read", undefined, "forbidden"],
    ["operator", "tokens.write", undefined, "allowed"],
    ["operator", "workspaces.write", undefined, "forbidden"],
    ["admin", "workspaces.write", undefined, "allowed"],
    ["owner", "workspaces.write", ["default"], "forbidden"],
    ["owner", "nodes.read", ["other"], "hidden"],
    ["operator", "nodes.write", ["default"], "allowed"],
  ] as const)("%s, %s, bound to %s: %s", (role, action, workspaces, expected) => {
    expect(mayInNetwork({ subject: "s", role, workspaces }, action, "default")).toBe(expected);
  });
});

describe("tokens", () => {
  const now = Date.parse("2026-01-01T00:00:00.000Z");
  const made = { id: TokenId.parse(`tok_${"0".repeat(26)}`), secretSha256: "", by: "x", now };

  it("never lets in more machines than it may, and the same machine always as the same node", () => {
    void fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 0, max: 9 })), (maxUses, machines) => {
        let token = newToken(TokenSpec.parse({ name: "t", maxUses }), made);
        const nodes = new Map<number, string>();
        let next = 0;
        for (const machine of machines) {
          const applicant = { pub: `U${machine}`, ip: "1.1.1.1", labels: {} };
          const admission = admit(token, applicant, { now, nextNode: () => `n${next++}`, isWritten: () => false });
          if ("refused" in admission) {
            expect([admission.refused, nodes.has(machine)]).toEqual(["token_exhausted", false]);
            continue;
          }
          expect(admission.node).toBe(nodes.get(machine) ?? admission.node);
          nodes.set(machine, admission.node);
          token = admission.token ?? token;
        }
        expect(nodes.size).toBe(Math.min(maxUses, new Set(machines).size));
        expect(new Set(nodes.values()).size).toBe(nodes.size);
      }),
    );
  });
});

describe("liveness", () => {
  const well: Signs = {
    status: "active",
    everSeen: true,
    wasOnline: true,
    lastBeatAt: 100_000,
    left: undefined,
    everyMs: 10_000,
  };
  const left = (at: number, reason: "bye" | "tcp_close") => ({ at, reason });
  it.each([
    ["a heartbeat just now", well, 100_000, 0, "online"],
    ["two missed", well, 124_000, 0, "online"],
    ["two and a half missed", well, 126_000, 0, "unresponsive"],
    ["three and a half missed", well, 136_000, 0, "offline"],
    ["the same in a warm-up", well, 136_000, 140_000, "online"],
    ["closed a moment ago", { ...well, left: left(101_000, "tcp_close") }, 105_000, 0, "online"],
    ["closed and not back", { ...well, left: left(101_000, "tcp_close") }, 106_000, 0, "offline"],
    ["a farewell, also in a warm-up", { ...well, left: left(101_000, "bye") }, 101_000, 140_000, "offline"],
    ["never heard of", { ...well, everSeen: false, wasOnline: false, lastBeatAt: undefined }, 1, 0, "never_connected"],
    ["online before a restart", { ...well, lastBeatAt: undefined }, 1, 10, "online"],
    ["not back after the warm-up", { ...well, lastBeatAt: undefined }, 10, 10, "offline"],
    ["revoked", { ...well, status: "revoked" as const }, 100_000, 0, "revoked"],
    ["pending", { ...well, status: "pending" as const }, 100_000, 0, "pending"],
  ])("%s", (_, signs, now, warmUntil, state) => {
    expect(livenessOf(signs, { now, warmUntil }).state).toBe(state);
  });
});

describe("how far a deployment came", () => {
  const deployment = { id: "dep_2" as never, pipeline: "logs", rev: 2 };
  const signs = {
    online: true,
    decidedBy: "dep_2",
    desiredHash: "abcdef",
    running: [],
    appliedHash: undefined,
    attempt: undefined,
  };
  const failed = { hash: "abcdef", result: "failed" };
  it.each([
    ["waiting", signs, "pending"],
    ["away", { ...signs, online: false }, "offline"],
    ["runs it", { ...signs, running: [{ name: "logs", rev: 2 }] }, "applied"],
    ["runs another revision", { ...signs, running: [{ name: "logs", rev: 1 }] }, "pending"],
    ["applied the whole document", { ...signs, appliedHash: "abc" }, "applied"],
    ["failed on it", { ...signs, attempt: failed }, "failed"],
    ["failed on an older document", { ...signs, attempt: { ...failed, hash: "000" } }, "pending"],
    [
      "failed on another pipeline",
      { ...signs, attempt: { ...failed, pipeline: "x" }, running: [{ name: "logs", rev: 2 }] },
      "applied",
    ],
    ["has a newer one", { ...signs, decidedBy: "dep_3" }, "superseded"],
  ])("%s", (_, given, expected) => {
    expect(targetState(deployment, given)).toBe(expected);
  });

  it("counts every target once", () => {
    void fc.assert(
      fc.property(fc.array(fc.constantFrom("applied", "failed", "pending", "offline", "superseded")), (states) => {
        const { total, ...by } = countsOf(states as Parameters<typeof countsOf>[0]);
        expect(Object.values(by).reduce((sum, one) => sum + one, 0)).toBe(total);
      }),
    );
  });

  it.each([
    ["says the same", { g: 3, h: "abc" }, undefined, false],
    ["is behind", { g: 2, h: "000" }, undefined, true],
    ["failed on exactly this", { g: 2, h: "000" }, { gen: 3, hash: "abcdef", result: "failed" }, false],
    ["failed on an older one", { g: 2, h: "000" }, { gen: 2, hash: "000", result: "failed" }, true],
  ])("a node that %s", (_, beat, attempt, expected) => {
    expect(shouldPoke({ gen: 3, hash: "abcdef" }, beat, attempt)).toBe(expected);
  });
});
