import * as z from "zod";
import { Role } from "./role.ts";
import { Timestamp } from "./time.ts";

/** A public key as a JSON Web Key; `kid` names it in token headers. */
export const PublicJwk = z.object({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  alg: z.literal("ES256"),
  use: z.literal("sig"),
});
export type PublicJwk = z.infer<typeof PublicJwk>;

/** A key that one network accepts: an API key scoped to it, by its SHA-256 only. */
export const NetworkKey = z.strictObject({
  id: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  role: Role,
  workspaces: z.array(z.string()).optional(),
  cidrs: z.array(z.string()).optional(),
  expiresAt: Timestamp.optional(),
});
export type NetworkKey = z.infer<typeof NetworkKey>;

/**
 * All that an orchestrator needs to decide alone who may call it. Pushed by the agent, never fetched; the newest
 * generation wins and older copies are ignored.
 */
export const AccessDocument = z.strictObject({
  generation: z.int().nonnegative(),
  keys: z.array(NetworkKey),
  /** Whose tokens are accepted; their audience must be the network's id. */
  issuers: z.array(z.strictObject({ issuer: z.string(), jwks: z.strictObject({ keys: z.array(PublicJwk) }) })),
  /** Tokens of this subject issued before this time are refused. */
  revoked: z.array(z.strictObject({ sub: z.string(), before: Timestamp })),
});
export type AccessDocument = z.infer<typeof AccessDocument>;
