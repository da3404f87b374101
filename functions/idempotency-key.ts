import { IdempotencyKey } from "#core/model/idempotency.ts";
import { parse } from "#core/model/parse.ts";

/** The request's `Idempotency-Key`, where it has one. */
export const idempotencyKeyOf = (headers: Readonly<Record<string, string | undefined>>): string | undefined =>
  parse(IdempotencyKey.optional(), headers["idempotency-key"]);
