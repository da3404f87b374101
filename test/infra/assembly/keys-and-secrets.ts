import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { signDigest } from "../../adapters/a-kms.ts";
import type { Json } from "../synthesize.ts";
import type { Call } from "./acts.ts";

export interface KeysAndSecrets {
  answer(call: Call): Json;
}

/**
 * KMS and Secrets Manager as far as the functions use them; the rest of AWS is the real thing or standalone's. The regions of a fleet
 * share one: a multi-Region key is the same by the same id, and a secret is copied under its name.
 */
export function keysAndSecrets(): KeysAndSecrets {
  const keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
  const secrets = new Map<string, string>();
  const made = new Date();
  const keyOf = (arn: string) => {
    const [id = arn] = /mrk-[0-9a-f]{32}$/.exec(arn) ?? [];
    const key = keys.get(id) ?? generateKeyPairSync("ec", { namedCurve: "P-256" });
    keys.set(id, key);
    return key;
  };
  const secretOf = (id: string) => {
    // What a deploy generates.
    const secret = secrets.get(id) ?? randomBytes(32).toString("base64url");
    secrets.set(id, secret);
    return secret;
  };
  const operations: Readonly<Record<string, (body: Json) => Json>> = {
    GetPublicKey: ({ KeyId }) => ({
      KeyId,
      PublicKey: keyOf(KeyId).publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    }),
    DescribeKey: ({ KeyId }) => ({ KeyMetadata: { KeyId, CreationDate: made.getTime() / 1_000 } }),
    Sign: ({ KeyId, Message }) => ({
      KeyId,
      Signature: Buffer.from(signDigest(keyOf(KeyId).privateKey, Buffer.from(Message, "base64"))).toString("base64"),
    }),
    GetSecretValue: ({ SecretId }) => ({ Name: SecretId, SecretString: secretOf(SecretId) }),
    PutSecretValue: ({ SecretId, SecretString }) => {
      secrets.set(SecretId, SecretString);
      return { Name: SecretId };
    },
  };
  return {
    answer({ service, operation, body }) {
      const act = operations[operation];
      if (!act) throw new Error(`The assembly knows no ${service}:${operation}.`);
      return act(body);
    },
  };
}
