import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { p256 } from "@noble/curves/nist.js";
import { mockClient } from "aws-sdk-client-mock";

/** KMS as far as it signs: keys by name, made at their first use, that never come out. */
export function aKms() {
  const keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
  const keyOf = (name = "") => {
    const key = keys.get(name) ?? generateKeyPairSync("ec", { namedCurve: "P-256" });
    keys.set(name, key);
    return key;
  };
  const kms = mockClient(KMSClient);
  kms.on(GetPublicKeyCommand).callsFake(({ KeyId }) => ({
    PublicKey: keyOf(KeyId).publicKey.export({ format: "der", type: "spki" }),
  }));
  kms.on(SignCommand).callsFake(({ KeyId, Message }) => ({ Signature: signDigest(keyOf(KeyId).privateKey, Message) }));
  return { kms, client: new KMSClient({ region: "eu-central-1" }) };
}

/** node:crypto hashes whatever it signs, and KMS signs what was hashed already. */
export function signDigest(privateKey: KeyObject, digest: Uint8Array): Uint8Array {
  const { d = "" } = privateKey.export({ format: "jwk" });
  return p256.sign(digest, Buffer.from(d, "base64url"), { prehash: false, format: "der", lowS: false });
}
