import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fileSigner, joseVerifier, jwkSigner, newSigningKey } from "#adapters/jwt.ts";
import { signerContract } from "../contracts/signer.ts";

const folder = mkdtempSync(join(tmpdir(), "cellplane-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

signerContract("a key in memory", async () => jwkSigner(await newSigningKey()), joseVerifier);
signerContract("a key in a file", () => fileSigner(join(folder, "keys", `${files++}.json`)), joseVerifier);

describe("a key in a file", () => {
  it("is made once, and its owner's alone", async () => {
    const file = join(folder, "keys", "kept.json");
    const first = await (await fileSigner(file)).publicKeys();
    expect(await (await fileSigner(file)).publicKeys()).toEqual(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe("a signed text", () => {
  it("is known by its key alone, and only under that key's own thumbprint", async () => {
    const key = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const text = '{"a":1}';
    const made = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      key.privateKey,
      new TextEncoder().encode(text),
    );
    const signature = Buffer.from(made).toString("base64url");
    const signer = await jwkSigner(await crypto.subtle.exportKey("jwk", key.privateKey));
    const [mine] = await signer.publicKeys();
    const [other] = await (await jwkSigner(await newSigningKey())).publicKeys();
    if (!mine || !other) throw new Error("no keys");

    expect(await joseVerifier.verifyText(text, signature, mine)).toBe(true);
    expect(await joseVerifier.verifyText('{"a":2}', signature, mine)).toBe(false);
    expect(await joseVerifier.verifyText(text, signature, other)).toBe(false);
    expect(await joseVerifier.verifyText(text, signature, { ...mine, kid: other.kid })).toBe(false);
  });
});
