import { beforeAll, describe, expect, it } from "vitest";
import type { Signer, Verifier } from "#core/ports.ts";

/** What every signer must do, judged by the verifier; and the verifier by what it must refuse. */
export function signerContract(name: string, open: () => Promise<Signer>, verifier: Verifier): void {
  describe(`${name} as a signer`, () => {
    const now = Date.parse("2026-01-01T00:00:00.000Z");
    const seconds = now / 1_000;
    const claims = { iss: "us", aud: "cel_1", iat: seconds, exp: seconds + 300, extra: "word" };
    let signer: Signer;
    let stranger: Signer;
    beforeAll(async () => {
      signer = await open();
      stranger = await open();
    });

    const verify = async (token: string, typ = "cell+jwt", at = now) =>
      verifier.verify(token, { typ, audience: "cel_1", keys: await signer.publicKeys(), now: at });

    it("signs what its public keys verify", async () => {
      const { claims: said, header } = await verify(await signer.sign("cell+jwt", claims));
      expect(said).toEqual(claims);
      expect(header).toMatchObject({ alg: "ES256", typ: "cell+jwt", kid: (await signer.publicKeys())[0]?.kid });
    });

    it("shows nothing private", async () => {
      expect(JSON.stringify(await signer.publicKeys())).not.toContain('"d"');
    });

    it.each<[string, (signer: Signer, stranger: Signer) => Promise<string>]>([
      ["another key", (_, other) => other.sign("cell+jwt", claims)],
      ["another type", (own) => own.sign("network+jwt", claims)],
      ["another audience", (own) => own.sign("cell+jwt", { ...claims, aud: "cel_2" })],
      ["a time that is over", (own) => own.sign("cell+jwt", { ...claims, exp: seconds - 61 })],
      ["no signature", async (own) => `${(await own.sign("cell+jwt", claims)).split(".").slice(0, 2).join(".")}.`],
      ["no algorithm", async () => `${btoa('{"alg":"none","typ":"cell+jwt"}')}.${btoa(JSON.stringify(claims))}.`],
      [
        "a changed claim",
        async (own) => {
          const [header, , signature] = (await own.sign("cell+jwt", claims)).split(".");
          return `${header}.${btoa(JSON.stringify({ ...claims, extra: "other" }))}.${signature}`;
        },
      ],
      ["rubbish", async () => "rubbish"],
    ])("refuses a token with %s", async (_what, make) => {
      await expect(verify(await make(signer, stranger))).rejects.toMatchObject({ kind: "unauthenticated" });
    });

    it("allows a minute of skew", async () => {
      const token = await signer.sign("cell+jwt", claims);
      await expect(verify(token, "cell+jwt", now + 359_000)).resolves.toBeDefined();
    });
  });
}
