import { randomBytes } from "node:crypto";
import { createNkey } from "#adapters/nats/nkey.ts";
import { sealingKeyId } from "#adapters/sealing-key-id.ts";
import type { NetworkKeys } from "./network-keys.ts";

/** What decides whether keys must change. */
export interface RotationWanted {
  /** How often it was asked for. */
  readonly rotation: number;
  /** With which sealing key the orchestrator says that everything is sealed. */
  readonly sealedWith: string | undefined;
}

/**
 * The keys that a network should have: the same value where they are right. The sealing key of before stays until nothing is sealed
 * with it, and until then there is no next rotation: two that follow closely would leave what no key opens.
 */
export function nextKeys(keys: NetworkKeys, { rotation, sealedWith }: RotationWanted): NetworkKeys {
  const isResealed = sealedWith === sealingKeyId(Buffer.from(keys.sealingKey, "base64url"));
  if (keys.sealingKeyPrevious !== undefined) return isResealed ? withoutPrevious(keys) : keys;
  return rotation > keys.rotation ? rotated(keys, rotation) : keys;
}

/**
 * New users for the orchestrator, the next of the signing keys that the operator's JWT names, a new sealing key. The operator, the
 * accounts and their JWTs stay byte for byte: the broker has them.
 */
const rotated = (keys: NetworkKeys, rotation: number): NetworkKeys => ({
  ...keys,
  rotation,
  activeSigningKey: (keys.activeSigningKey + 1) % keys.signingSeeds.length,
  system: { ...keys.system, userSeed: createNkey("user").seed },
  orchestrator: { ...keys.orchestrator, userSeed: createNkey("user").seed },
  sealingKey: randomBytes(32).toString("base64url"),
  sealingKeyPrevious: keys.sealingKey,
});

function withoutPrevious({ sealingKeyPrevious, ...keys }: NetworkKeys): NetworkKeys {
  return keys;
}
