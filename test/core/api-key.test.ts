import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeSecrets } from "#adapters/secrets.ts";
import { ulids } from "#adapters/world.ts";
import {
  type ApiKey,
  apiKeyIdOf,
  apiKeyView,
  hasExpired,
  networkKeyOf,
  rotate,
  withKey,
  withoutKey,
} from "#core/model/api-key.ts";
import { firstIdAt } from "#core/model/id-time.ts";
import { newSecret } from "#core/operations/create-key.ts";

const now = Date.parse("2026-06-01T00:00:00.000Z");
const key: ApiKey = {
  id: "cpk_0123456789ab",
  sha256: "a".repeat(64),
  name: "ci",
  role: "operator",
  org: ulids({ now: Date.now }).next("org"),
  platform: false,
  createdAt: "2026-01-01T00:00:00.000Z",
};
const next = { id: "cpk_ffffffffffff", sha256: "b".repeat(64), createdBy: "key:cpk_0123456789ab" };

describe("rotating a key", () => {
  it.each<[string, string | undefined, string, string]>([
    ["that never ends", undefined, "24h", "2026-06-02T00:00:00.000Z"],
    ["that ends later", "2027-01-01T00:00:00.000Z", "1h", "2026-06-01T01:00:00.000Z"],
    ["that ends within the overlap", "2026-06-01T00:30:00.000Z", "1h", "2026-06-01T00:30:00.000Z"],
  ])("%s lets the old one end in time, and the new one when it would have", (_what, expiresAt, overlap, ends) => {
    const limited = expiresAt ? { ...key, expiresAt } : key;
    const rotated = rotate(limited, { overlap }, next, now);
    expect(rotated.old).toEqual({ ...key, expiresAt: ends, replacedBy: next.id });
    expect(rotated.next).toEqual({ ...limited, ...next, createdAt: "2026-06-01T00:00:00.000Z" });
  });

  it("refuses one that was replaced or has expired", () => {
    expect(() => rotate({ ...key, replacedBy: next.id }, { overlap: "1h" }, next, now)).toThrow(next.id);
    expect(() => rotate({ ...key, expiresAt: "2026-06-01T00:00:00.000Z" }, { overlap: "1h" }, next, now)).toThrow(
      "expired",
    );
  });
});

it("a key has expired from its very moment on", () => {
  expect([-1, 0, 1].map((late) => hasExpired({ expiresAt: new Date(now).toISOString() }, now + late))).toEqual([
    false,
    true,
    true,
  ]);
});

it("what is shown of a key has nothing of its secret; what a network is told has its digest alone", () => {
  expect(JSON.stringify(apiKeyView(key, undefined))).not.toContain(key.sha256);
  expect(networkKeyOf({ ...key, cidrs: ["10.0.0.0/8"] })).toEqual({
    id: key.id,
    sha256: key.sha256,
    role: "operator",
    cidrs: ["10.0.0.0/8"],
  });
});

it("a network without a revoked key refuses what that may have fetched, for as long as it could be valid", () => {
  const network = ulids({ now: Date.now }).next("net");
  const [one, two] = ["cpk_111111111111", "cpk_222222222222"];
  const both = withKey(withKey({ network, keys: [], revoked: [] }, one), two);
  const without = withoutKey(both, one, now);
  expect(without).toEqual({
    network,
    keys: [two],
    revoked: [{ sub: `key:${one}`, before: "2026-06-01T00:00:00.000Z" }],
  });
  expect(withoutKey(without, two, now + 15 * 60_000).revoked).toHaveLength(2);
  expect(withoutKey(without, two, now + 3_600_000).revoked).toMatchObject([{ sub: `key:${two}` }]);
});

it("a new key has the form that it is found by", () => {
  const { id, secret } = newSecret({ secrets: nodeSecrets(new Uint8Array(32)) });
  expect(apiKeyIdOf(secret)).toBe(id);
  expect(["", id, `${id}_short`, secret.toUpperCase(), ` ${secret}`, `${secret} `].map(apiKeyIdOf)).toEqual(
    Array(6).fill(undefined),
  );
});

it("the least id of a time is below all of that time, and above all before it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (time) => {
      const made = (at: number) => ulids({ now: () => at }).next("aud");
      expect(firstIdAt("aud", time) <= made(time)).toBe(true);
      expect(firstIdAt("aud", time) > made(time - 1)).toBe(true);
    }),
  );
});
