import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { createNkey, type Nkey, nkeyOfSeed } from "#adapters/nats/nkey.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { readIfThere, writeAtomically } from "./atomic-file.ts";
import { Failure } from "./failure.ts";

/** Who this node is. It never leaves the machine; everything else can be had again with it. */
export interface NodeKey {
  readonly nkey: Nkey;
  /** The X25519 public key secrets are sealed to, 32 bytes as base64url. */
  readonly sealingPublic: string;
}

/** The key of this folder, made and on disk before anybody is told of it: an enrolment that is repeated shows the same key. */
export function openNodeKey(path: string): NodeKey {
  const found = readNodeKey(path);
  if (found) return found;
  const sealing = generateKeyPairSync("x25519").privateKey.export({ format: "der", type: "pkcs8" });
  writeAtomically(path, JSON.stringify({ seed: createNkey("user").seed, sealing: sealing.toString("base64url") }));
  const made = readNodeKey(path);
  if (!made) throw new Failure("refused", `${path} vanished while it was written.`, "Is the folder shared?");
  return made;
}

export function readNodeKey(path: string): NodeKey | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const { seed, sealing } = JSON.parse(text) as { seed: string; sealing: string };
    const key = createPrivateKey({ key: Buffer.from(sealing, "base64url"), format: "der", type: "pkcs8" });
    const { x = "" } = createPublicKey(key).export({ format: "jwk" });
    return { nkey: nkeyOfSeed(seed), sealingPublic: x };
  } catch (error) {
    throw new Failure(
      "refused",
      `${path} is damaged: it is not the key of a node.`,
      "Restore it from a backup, or remove the data folder and bootstrap again with a new token.",
      error,
    );
  }
}

/** Proof of possession: `sig` is Ed25519 over the SHA-256 of the canonical JSON of all the rest. */
export function prove<Claim extends object>(key: NodeKey, claim: Claim): Claim & { sig: string } {
  const digest = createHash("sha256").update(canonicalJson(claim)).digest();
  return { ...claim, sig: key.nkey.sign(digest).toString("base64url") };
}
