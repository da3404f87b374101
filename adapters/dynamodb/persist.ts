import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { Refusal } from "#core/errors.ts";
import type { Chance, Clock } from "#core/ports.ts";

/**
 * How often a call is made before the caller hears `unavailable`, and the first and longest wait in between: 5 s in the mean,
 * 11 s at most. That lets nearly all of 200 transactions that meet on one counter pass one by one (with 10 tries 71 gave up), and
 * stays below the 29 s of a request.
 */
const TRIES = 16;
const BASE_MS = 25;
const LONGEST_MS = 1_000;

/** Makes a call again while what it failed of passes by itself. */
export type Persist = <T>(call: () => Promise<T>) => Promise<T>;

/** Full jitter: those who met must not meet again. The SDK's own few retries of throttling come first, inside each call. */
export function persistence(sleep: Clock["sleep"], chance: Chance): Persist {
  return async (call) => {
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        if (!passes(error)) throw error;
        if (tries === TRIES)
          throw new Refusal("unavailable", "The intent store does not answer as it should at the moment. Try again.", {
            cause: error,
            retryAfterSeconds: 1,
          });
        await sleep(Math.min(LONGEST_MS, BASE_MS * 2 ** (tries - 1)) * chance());
      }
    }
  };
}

/** Thrown by a call that got a part of what it asked for: the rest is asked for again. */
export class Unfinished extends Error {}

/** Exceptions of DynamoDB, and reasons of a cancelled transaction, that say nothing about the request itself. */
const passing = new Set([
  "InternalServerError",
  "ProvisionedThroughputExceeded",
  "ProvisionedThroughputExceededException",
  "ReplicatedWriteConflictException",
  "RequestLimitExceeded",
  "ServiceUnavailable",
  "ThrottlingError",
  "ThrottlingException",
  "TransactionConflict",
  "TransactionConflictException",
  "TransactionInProgressException",
  // Not DynamoDB's: the connection.
  "TimeoutError",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

function passes(error: unknown): boolean {
  if (error instanceof Unfinished) return true;
  if (error instanceof TransactionCanceledException) {
    const codes = (error.CancellationReasons ?? []).map(({ Code = "None" }) => Code).filter((code) => code !== "None");
    return codes.length > 0 && codes.every((code) => passing.has(code));
  }
  const {
    name = "",
    code = "",
    $metadata,
  } = error as NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } };
  return passing.has(name) || passing.has(code) || ($metadata?.httpStatusCode ?? 0) >= 500;
}
