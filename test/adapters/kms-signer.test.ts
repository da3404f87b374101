import { GetPublicKeyCommand, KMSServiceException, SignCommand } from "@aws-sdk/client-kms";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { joseVerifier } from "#adapters/jwt.ts";
import { rawSignature } from "#adapters/kms/raw-signature.ts";
import { kmsSigner } from "#adapters/kms-signer.ts";
import { signerContract } from "../contracts/signer.ts";
import { aKms } from "./a-kms.ts";

const { kms, client } = aKms();
afterEach(() => kms.resetHistory());
let keys = 0;

signerContract("a key in KMS", async () => kmsSigner({ client, keys: [`key-${keys++}`] }), joseVerifier);

describe("a key in KMS", () => {
  const claims = { iat: 0, exp: 300 };
  const failure = (name: string) =>
    new KMSServiceException({ name, $fault: "client", $metadata: {}, message: "because" });

  it("signs with the first key and hands out both, each fetched once", async () => {
    const signer = kmsSigner({ client, keys: ["now", "next"] });
    const [now, next] = await signer.publicKeys();
    expect(now?.kid).not.toBe(next?.kid);
    const [header = ""] = (await signer.sign("cell+jwt", claims)).split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
      alg: "ES256",
      typ: "cell+jwt",
      kid: now?.kid,
    });
    await signer.publicKeys();
    expect(kms.commandCalls(GetPublicKeyCommand)).toHaveLength(2);
  });

  it.each(["KMSInternalException", "ThrottlingException", "TimeoutError"])(
    "is unavailable when KMS says %s",
    async (name) => {
      kms.on(SignCommand).rejectsOnce(failure(name));
      await expect(kmsSigner({ client, keys: ["now"] }).sign("cell+jwt", claims)).rejects.toMatchObject({
        kind: "unavailable",
      });
    },
  );

  it("asks again for a public key that could not be fetched", async () => {
    kms
      .on(GetPublicKeyCommand, { KeyId: "slow" })
      .rejectsOnce(failure("KMSInternalException"))
      .rejectsOnce(failure("AccessDeniedException"));
    const signer = kmsSigner({ client, keys: ["slow"] });
    await expect(signer.publicKeys()).rejects.toMatchObject({ kind: "unavailable" });
    await expect(signer.publicKeys()).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("DER as r and s", () => {
  /** DER as X.690 has it: the shortest integer, with a zero in front of a first bit that is set. */
  const derOf = (raw: Uint8Array) => {
    const integer = (half: Uint8Array) => {
      const first = half.findIndex((byte) => byte !== 0);
      const digits = first === -1 ? [0] : [...half.slice(first)];
      const body = (digits[0] ?? 0) > 127 ? [0, ...digits] : digits;
      return [0x02, body.length, ...body];
    };
    const body = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
    return Uint8Array.from([0x30, body.length, ...body]);
  };

  it("gives back what was written, whatever its leading zeros", () => {
    const half = fc
      .tuple(fc.integer({ min: 0, max: 31 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
      .map(([zeros, bytes]) => bytes.fill(0, 0, zeros));
    fc.assert(
      fc.property(half, half, (r, s) => {
        const raw = Uint8Array.from([...r, ...s]);
        expect(rawSignature(derOf(raw))).toEqual(raw);
      }),
    );
  });

  it("refuses what is no signature", () => {
    expect(() => rawSignature(Uint8Array.from([0x30, 2, 3, 4]))).toThrow("no ECDSA signature");
  });
});
