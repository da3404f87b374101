import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as jose from "jose";
import { Refusal } from "#core/errors.ts";
import { PublicJwk } from "#core/model/access.ts";
import type { Claims, Signer, Verifier } from "#core/ports.ts";

/** How far two clocks may differ before a token counts as not yet valid or expired. */
const SKEW_SECONDS = 60;

/** The public half of an ES256 key as we hand it out; `kid` is its RFC 7638 thumbprint. */
export async function publicJwkOf(jwk: jose.JWK): Promise<PublicJwk> {
  const { kty, crv, x, y } = jwk;
  const kid = await jose.calculateJwkThumbprint({ kty: kty ?? "", crv: crv ?? "", x: x ?? "", y: y ?? "" });
  return PublicJwk.parse({ kty, crv, x, y, kid, alg: "ES256", use: "sig" });
}

/** A signer over one private key given as a JWK. */
export async function jwkSigner(privateJwk: jose.JWK): Promise<Signer> {
  const key = await jose.importJWK(privateJwk, "ES256");
  const publicKey = await publicJwkOf(privateJwk);
  return {
    sign: (typ, claims) =>
      new jose.SignJWT(claims).setProtectedHeader({ alg: "ES256", typ, kid: publicKey.kid }).sign(key),
    publicKeys: async () => [publicKey],
  };
}

/** A new private key for ES256, as a JWK. */
export async function newSigningKey(): Promise<jose.JWK> {
  const { privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
  return jose.exportJWK(privateKey);
}

/** A signer whose key is in `file` (0600), made there at the first use. */
export async function fileSigner(file: string): Promise<Signer> {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const partial = `${file}.new`;
    writeFileSync(partial, JSON.stringify(await newSigningKey()), { mode: 0o600 });
    renameSync(partial, file);
  }
  chmodSync(file, 0o600);
  return jwkSigner(JSON.parse(readFileSync(file, "utf8")));
}

/** Verifies with the pinned keys only; a token can neither bring a key nor choose an algorithm. */
export const joseVerifier: Verifier = {
  async verify(token, { typ, audience, keys, now }) {
    try {
      const { payload, protectedHeader } = await jose.jwtVerify(token, jose.createLocalJWKSet({ keys: [...keys] }), {
        algorithms: ["ES256"],
        typ,
        audience,
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(now),
        requiredClaims: ["iat", "exp"],
      });
      return { header: { ...protectedHeader }, claims: payload as Claims };
    } catch (error) {
      throw new Refusal(
        "unauthenticated",
        "The token is not valid here: it is expired, for another audience, or not signed by a known key.",
        {
          cause: error,
        },
      );
    }
  },
  async verifyText(text, signature, key) {
    // The kid is what a key is known by, so a stranger must not choose it.
    if ((await publicJwkOf(key)).kid !== key.kid) return false;
    const publicKey = await jose.importJWK(key, "ES256");
    if (publicKey instanceof Uint8Array) return false;
    const signed = new TextEncoder().encode(text);
    return crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      publicKey,
      jose.base64url.decode(signature),
      signed,
    );
  },
};
