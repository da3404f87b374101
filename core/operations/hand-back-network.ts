import { handBack, stepFailureOf } from "../model/hand-back.ts";
import { hasEnded } from "../model/operation.ts";
import type { StepInput } from "./begin-step.ts";
import type { Dependencies } from "./dependencies.ts";
import { repeatOnConflict } from "./repeat.ts";

/** What a workflow gives when a step failed for good: the input, and the error as Step Functions caught it. */
export interface FailedStepInput extends StepInput {
  readonly error: { readonly Error: string; readonly Cause?: string };
}

/** Gives an operation back: to the sweep when trying again may help, to its end when not. An execution that is over changes nothing. */
export async function handBackNetwork(
  { store, clock, chance, log }: Dependencies,
  { operation: id, attempt, error }: FailedStepInput,
): Promise<{ failed: boolean }> {
  const failure = stepFailureOf(error);
  return repeatOnConflict(async () => {
    const found = await store.get("operation", id);
    if (!found || hasEnded(found.value) || found.value.attempt !== attempt) return { failed: false };
    const back = handBack(found.value, failure, clock.now(), chance());
    await store.commit([{ write: "put", was: found.version, kind: "operation", value: back }]);
    log(failure.kind === "internal" ? "error" : "info", "step failed", {
      operation: id,
      step: back.step,
      attempt,
      error: error.Error,
      cause: failure.message,
    });
    return { failed: back.state === "failed" };
  });
}
