import * as z from "zod";
import { PublicJwk } from "../model/access.ts";
import { InstanceSummary } from "../model/instance.ts";

/**
 * The provisioning API of a cell's agent. Bodies: `PUT /v1/networks/{net}` takes a `CellOrder` and answers, like the GET, an
 * `Observed`; `GET /v1/report` answers a `CellDigest`. Those are nouns of the model; what belongs to HTTP alone is here.
 */

/** `typ` of the JWT that every call carries. */
export const CELL_CALL_TYP = "cell+jwt";

/** How long a call's token may live. */
export const CELL_CALL_SECONDS = 300;

/** The largest body that the agent reads. */
export const CELL_BODY_LIMIT_BYTES = 1024 * 1024;

/** How long one call may wait. */
export const CELL_WAIT_SECONDS = 20;

/** What a token says of the one call that it is good for. */
export const CellCallClaims = z.object({
  iss: z.string().min(1),
  iat: z.number(),
  exp: z.number(),
  /** Accepted once. */
  jti: z.string().min(8).max(128),
  /** The method. */
  htm: z.string(),
  /** Path and query, byte for byte as sent. */
  htu: z.string(),
  /** Base64url SHA-256 of the body; of nothing where there is none. */
  bh: z.string(),
});
export type CellCallClaims = z.infer<typeof CellCallClaims>;

const wholeNumber = (most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value <= most, `must be at most ${most}`);

const Wait = wholeNumber(CELL_WAIT_SECONDS).default(0);

/** Without `generation`: answers at once. */
export const ObserveQuery = z.strictObject({ generation: wholeNumber(Number.MAX_SAFE_INTEGER).optional(), wait: Wait });

export const RemoveQuery = z.strictObject({
  epoch: wholeNumber(Number.MAX_SAFE_INTEGER),
  generation: wholeNumber(Number.MAX_SAFE_INTEGER).refine((value) => value > 0, "must be at least 1"),
});

export const ListQuery = z.strictObject({
  cursor: z.string().max(64).optional(),
  limit: wholeNumber(1_000)
    .refine((value) => value > 0, "must be at least 1")
    .default(200),
});

export const ReportQuery = z.strictObject({ since: z.string().max(64).optional(), wait: Wait });

export const InstancePage = z.strictObject({ items: z.array(InstanceSummary), next: z.string().optional() });
export type InstancePage = z.infer<typeof InstancePage>;

/** `PUT /v1/keys`: who may sign from now on. The key that signs this very call must be among them. */
export const PinnedKeys = z.strictObject({
  signingKeys: z.array(PublicJwk).min(1).max(2),
  /** Who signs network tokens; absent: as before. */
  issuers: z
    .array(z.strictObject({ issuer: z.string(), jwks: z.strictObject({ keys: z.array(PublicJwk) }) }))
    .max(16)
    .optional(),
});
export type PinnedKeys = z.infer<typeof PinnedKeys>;

/** `PUT /v1/epoch`: it only ever rises. */
export const EpochOrder = z.strictObject({ epoch: z.int().nonnegative() });
export type EpochOrder = z.infer<typeof EpochOrder>;
