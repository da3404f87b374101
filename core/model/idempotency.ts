import * as z from "zod";
import { Timestamp } from "./time.ts";

/** What was answered to a request with an `Idempotency-Key`, kept so that a repeat gets the same. */
export const Idempotency = z.strictObject({
  id: z.string(),
  /** Hex SHA-256 of the method, path and canonical body. */
  request: z.string(),
  answer: z.unknown(),
  expiresAt: Timestamp,
});
export type Idempotency = z.infer<typeof Idempotency>;

export const IDEMPOTENCY_MS = 24 * 3_600_000;

export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "must be 1 to 255 printable characters without spaces");
