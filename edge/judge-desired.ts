import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { DesiredDocument, DesiredPipeline, GenerationHash } from "#core/messages.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import type { Identity } from "./identity.ts";

export type Refused =
  | "desired-malformed"
  | "desired-version"
  | "desired-other-node"
  | "desired-unknown-key"
  | "desired-bad-signature"
  | "desired-hash-mismatch"
  | "desired-older-generation"
  | "desired-same-generation-other-content";

/** What to do with a desired document: take it, know it already, or ignore it and say why. */
export type Judgement =
  | { readonly verdict: "take"; readonly document: DesiredDocument }
  | { readonly verdict: "known" }
  | { readonly verdict: "ignore"; readonly code: Refused; readonly why: string };

const ignore = (code: Refused, why: string): Judgement => ({ verdict: "ignore", code, why });

/**
 * Whether a document may change this node. The broker and its buckets are not trusted: only the workspace's config key says
 * what runs here, only for this node, and only forwards.
 */
export function judgeDesired(
  value: unknown,
  { node, configKeys }: Pick<Identity, "node" | "configKeys">,
  seen: GenerationHash | undefined,
): Judgement {
  if (typeof value === "object" && value !== null && "v" in value && value.v !== 1)
    return ignore("desired-version", `the document is of version ${String(value.v)}; this edge knows 1`);
  const document = documentOf(value);
  if (!document) return ignore("desired-malformed", "the document has not the members it needs");
  if (document.node !== node) return ignore("desired-other-node", `the document is for ${document.node}`);
  const key = configKeys.find(({ kid }) => kid === document.kid);
  if (!key) return ignore("desired-unknown-key", `no config key ${document.kid} is known here`);
  const { sig, ...body } = document;
  if (!isSigned(canonicalJson(body), sig, key.pub))
    return ignore("desired-bad-signature", "its signature is not by the workspace's config key");
  if (contentHash(document) !== document.hash)
    return ignore("desired-hash-mismatch", "its hash is not that of its content");
  if (seen && document.gen < seen.gen)
    return ignore("desired-older-generation", `generation ${document.gen} is older than ${seen.gen}, seen before`);
  if (seen && document.gen === seen.gen)
    return seen.hash === document.hash
      ? { verdict: "known" }
      : ignore("desired-same-generation-other-content", `generation ${document.gen} was seen with other content`);
  return { verdict: "take", document };
}

export const contentHash = ({ pipelines, settings }: Pick<DesiredDocument, "pipelines" | "settings">): string =>
  createHash("sha256").update(canonicalJson({ pipelines, settings })).digest("hex");

function isSigned(text: string, signature: string, publicKey: string): boolean {
  try {
    return verify(null, Buffer.from(text), publicKeyOf(publicKey), Buffer.from(signature, "base64url"));
  } catch {
    return false;
  }
}

/** An Ed25519 public key: base64url of its 32 bytes. */
const publicKeyOf = (x: string): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });

function documentOf(value: unknown): DesiredDocument | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { v, node, gen, hash, issuedAt, pipelines, settings, kid, sig } = value as Record<string, unknown>;
  const whole =
    v === 1 &&
    [node, hash, issuedAt, kid, sig].every((member) => typeof member === "string") &&
    Number.isSafeInteger(gen) &&
    typeof settings === "object" &&
    settings !== null &&
    Array.isArray(pipelines) &&
    pipelines.every(isPipeline);
  return whole ? (value as DesiredDocument) : undefined;
}

/** Its name becomes a folder's, so it is held to what a pipeline may be called. */
function isPipeline(value: unknown): value is DesiredPipeline {
  if (typeof value !== "object" || value === null) return false;
  const { name, rev, sha256, state } = value as Record<string, unknown>;
  return (
    typeof name === "string" &&
    /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/.test(name) &&
    Number.isSafeInteger(rev) &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    (state === "run" || state === "pause")
  );
}
