import { type ErrorKind, errorKinds } from "../errors.ts";
import { backoffMs } from "./backoff.ts";
import { errorOf, type Operation, withEntry } from "./operation.ts";
import { timestampOf } from "./time.ts";

/** What a step failed with, as a workflow hands it on. */
export interface StepFailure {
  readonly kind: ErrorKind;
  readonly message: string;
}

/**
 * What becomes of an operation whose execution gave up: tried again later when that may help and its deadline has not passed,
 * failed for good otherwise. The customer reads our sentence, never what a bug said.
 */
export function handBack(operation: Operation, failure: StepFailure, now: number, chance: number): Operation {
  const detail = failure.kind === "internal" ? "Something broke on our side; it is logged." : failure.message;
  const late = now >= Date.parse(operation.deadline);
  const step = operation.step ?? "Start";
  if (errorKinds[failure.kind].retry && !late) {
    const nextActionAt = timestampOf(now + backoffMs(operation.attempt, chance));
    return withEntry(
      { ...operation, state: "pending", step, nextActionAt, error: errorOf(failure.kind, detail) },
      { at: timestampOf(now), step, outcome: "waiting", detail: `${detail} Tried again at ${nextActionAt}.` },
    );
  }
  const error =
    late && errorKinds[failure.kind].retry
      ? errorOf("timed-out", `Not done before its deadline. The last answer was: ${detail}`)
      : errorOf(failure.kind, detail);
  return withEntry(
    { ...operation, state: "failed", nextActionAt: null, endedAt: timestampOf(now), error },
    { at: timestampOf(now), step, outcome: "failed", detail: error.detail },
  );
}

/** Reads `{ Error, Cause }` as Step Functions gives it: the cause of a failed Lambda is JSON, of anything else a text. */
export function stepFailureOf(error: { readonly Error: string; readonly Cause?: string | undefined }): StepFailure {
  const kind =
    error.Error in errorKinds
      ? (error.Error as ErrorKind)
      : error.Error === "States.Timeout"
        ? "timed-out"
        : "internal";
  try {
    const cause: unknown = JSON.parse(error.Cause ?? "");
    if (cause !== null && typeof cause === "object" && "errorMessage" in cause)
      return { kind, message: String(cause.errorMessage) };
  } catch {
    // Not JSON: the text itself is what was said.
  }
  return { kind, message: error.Cause ?? error.Error };
}
