import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNkey, isPublicNkey, type NkeyKind, nkeyOfSeed, verifyNkey } from "#adapters/nats/nkey.ts";

const kinds: [NkeyKind, string, string][] = [
  ["operator", "O", "SO"],
  ["account", "A", "SA"],
  ["user", "U", "SU"],
];

describe("NATS keys", () => {
  it.each(kinds)("an %s key begins with %s, its seed with %s", (kind, letter, seed) => {
    const key = createNkey(kind);
    expect([key.public.slice(0, 1), key.seed.slice(0, 2)]).toEqual([letter, seed]);
    expect([key.public.length, key.seed.length]).toEqual([56, 58]);
    expect(isPublicNkey(kind, key.public)).toBe(true);
  });

  it("reads a seed that another implementation made", () => {
    const key = nkeyOfSeed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY");
    expect(key.public).toBe("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
  });

  it("verifies what the same key signed, after a round trip through its seed, and nothing else", () => {
    void fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(63), (data, flip) => {
        const key = createNkey("user");
        const signature = nkeyOfSeed(key.seed).sign(data);
        expect(verifyNkey(key.public, data, signature)).toBe(true);
        signature[flip] = (signature[flip] ?? 0) ^ 1;
        expect(verifyNkey(key.public, data, signature)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it.each(["", "U", "UAAA", createNkey("user").seed, createNkey("account").public, `${createNkey("user").public}A`])(
    "does not take %j for the public key of a user",
    (text) => {
      expect(isPublicNkey("user", text)).toBe(false);
    },
  );
});
