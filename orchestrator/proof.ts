import { createHash } from "node:crypto";
import { verifyNkey } from "#adapters/nats/nkey.ts";
import { CLOCK_SKEW_SECONDS } from "#core/api/orchestrator.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { refuseNode } from "./refuse-node.ts";

/**
 * Refuses what was not signed by that node key just now. The signature is over the SHA-256 of the canonical JSON of the whole
 * body without `sig`, also of members that we do not know.
 */
export function checkProof(pub: string, body: Readonly<Record<string, unknown>>, now: number): void {
  const { sig, ...claim } = body;
  const digest = createHash("sha256").update(canonicalJson(claim)).digest();
  if (!isSignedBy(pub, digest, String(sig))) throw refuseNode("bad_signature");
  if (Math.abs(now - Number(claim.ts)) > CLOCK_SKEW_SECONDS * 1_000)
    throw refuseNode("clock_skew", { serverTime: now });
}

function isSignedBy(pub: string, digest: Uint8Array, signature: string): boolean {
  try {
    return verifyNkey(pub, digest, Buffer.from(signature, "base64url"));
  } catch {
    return false;
  }
}
