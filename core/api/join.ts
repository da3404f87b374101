import * as z from "zod";
import { PublicJwk } from "../model/access.ts";
import { CellId, NetworkId } from "../model/ids.ts";

/**
 * `POST /v1/join`: a cell's agent says who and where it is. `sig` is ES256 (r and s, base64url) by `identity` over the
 * canonical JSON of the body without `sig`. The token is needed once; from then on the identity is enough.
 */
export const JoinRequest = z.strictObject({
  token: z
    .string()
    .regex(/^cpj_[A-Za-z0-9_-]{20,}$/, "must be a join token: cpj_…")
    .optional(),
  identity: PublicJwk,
  /** Milliseconds since 1970, as far as a date goes; more than 5 minutes off is refused. */
  ts: z.int().min(0).max(8_640_000_000_000_000),
  sig: z.string(),
  publicUrl: z.url(),
  domain: z.string().min(1).max(253),
  caPem: z.string().startsWith("-----BEGIN CERTIFICATE-----"),
  /** The CA of the cell's brokers: the control plane looks at them from outside as a node does. */
  natsCaPem: z.string().startsWith("-----BEGIN CERTIFICATE-----").optional(),
  agent: z.string().min(1).max(64),
  capacity: z.strictObject({ networks: z.int().nonnegative().nullable() }),
  /** What is in the cell already: adopted after a restore. */
  existing: z
    .array(z.strictObject({ id: NetworkId, epoch: z.int().nonnegative(), generation: z.int().positive() }))
    .max(20_000),
});
export type JoinRequest = z.infer<typeof JoinRequest>;

export const JoinResponse = z.strictObject({
  cell: CellId,
  /** Who signs calls to the cell: pinned by the agent. */
  signingKeys: z.array(PublicJwk).min(1).max(2),
  epoch: z.int().nonnegative(),
  /** Who signs network tokens. */
  issuers: z.array(z.strictObject({ issuer: z.string(), jwks: z.strictObject({ keys: z.array(PublicJwk) }) })),
});
export type JoinResponse = z.infer<typeof JoinResponse>;
