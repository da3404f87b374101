import { createHash, createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { Refusal } from "#core/errors.ts";
import type { PublicJwk } from "#core/model/access.ts";
import type { Signer } from "#core/ports.ts";
import { publicJwkOf } from "./jwt.ts";
import { rawSignature } from "./kms/raw-signature.ts";

const base64url = (text: string) => Buffer.from(text).toString("base64url");

/**
 * A signer whose private keys never leave KMS. The first of `keys` signs; all are handed out, so that during a rotation verifiers
 * pin the next one before it is used. Public halves are fetched once: a key in KMS never changes.
 */
export function kmsSigner({ client, keys }: { client: Pick<KMSClient, "send">; keys: readonly string[] }): Signer {
  const known = new Map<string, Promise<PublicJwk>>();

  async function fetchPublic(key: string): Promise<PublicJwk> {
    const { PublicKey } = await ask(() => client.send(new GetPublicKeyCommand({ KeyId: key })));
    if (!PublicKey) throw new Refusal("unavailable", "The signing key cannot be read at the moment.");
    const spki = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
    return publicJwkOf({ ...spki.export({ format: "jwk" }) });
  }

  function publicOf(key: string): Promise<PublicJwk> {
    const fetched = known.get(key) ?? fetchPublic(key);
    known.set(key, fetched);
    // What failed is asked again by whoever comes next.
    fetched.catch(() => known.delete(key));
    return fetched;
  }

  return {
    async sign(typ, claims) {
      const [key] = keys;
      if (!key) throw new Error("No signing key is configured.");
      const { kid } = await publicOf(key);
      const text = `${base64url(JSON.stringify({ alg: "ES256", typ, kid }))}.${base64url(JSON.stringify(claims))}`;
      const { Signature } = await ask(() =>
        client.send(
          new SignCommand({
            KeyId: key,
            Message: createHash("sha256").update(text).digest(),
            MessageType: "DIGEST",
            SigningAlgorithm: "ECDSA_SHA_256",
          }),
        ),
      );
      if (!Signature) throw new Refusal("unavailable", "Nothing can be signed at the moment.");
      return `${text}.${Buffer.from(rawSignature(Signature)).toString("base64url")}`;
    },
    publicKeys: () => Promise.all(keys.map(publicOf)),
  };
}

/** What a repeat may mend is `unavailable`; a missing right or key is a wrong deploy and thrown as it is. */
async function ask<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { name } = error as Error;
    if (["AccessDeniedException", "NotFoundException", "DisabledException", "InvalidKeyUsageException"].includes(name))
      throw error;
    throw new Refusal("unavailable", "The signing key does not answer at the moment.", { cause: error });
  }
}
