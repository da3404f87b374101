import * as z from "zod";
import { Role } from "./role.ts";
import { Timestamp } from "./time.ts";

/** A public key as a JSON Web Key; `kid` names it in token headers. */
export const PublicJwk = z.object({
  kty: z.literal("EC").describe("The kind of key."),
  crv: z.literal("P-256").describe("Its curve."),
  x: z.string().max(64).describe("First coordinate, base64url."),
  y: z.string().max(64).describe("Second coordinate, base64url."),
  kid: z.string().max(200).describe("Names it in the header of tokens."),
  alg: z.literal("ES256").describe("What it signs with."),
  use: z.literal("sig").describe("What it is for."),
});
export type PublicJwk = z.infer<typeof PublicJwk>;

/** A key that one network accepts: an API key scoped to it, by its SHA-256 only. */
export const NetworkKey = z.strictObject({
  id: z.string().max(64).describe("The part of the key that may be shown: cpk_ and 12 hex digits."),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("Hex SHA-256 of the whole key; the key itself is nowhere but with its owner."),
  role: Role.describe("What it may do."),
  workspaces: z.array(z.string().max(63)).max(100).optional().describe("Only in these workspaces; absent: in all."),
  cidrs: z.array(z.string().max(64)).max(32).optional().describe("Only from these addresses; absent: from everywhere."),
  expiresAt: Timestamp.optional().describe("When it ends; absent: never."),
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
  issuers: z.array(
    z.strictObject({
      issuer: z.string().max(500).describe("Who signs: the iss of its tokens."),
      jwks: z
        .strictObject({ keys: z.array(PublicJwk).max(8).describe("Each named by its kid.") })
        .describe("Its public keys, ES256."),
    }),
  ),
  /** Tokens of this subject issued before this time are refused. */
  revoked: z.array(
    z.strictObject({
      sub: z.string().max(500).describe("The subject, as the sub of its tokens says it."),
      before: Timestamp.describe("Tokens issued before this time are refused."),
    }),
  ),
});
export type AccessDocument = z.infer<typeof AccessDocument>;
