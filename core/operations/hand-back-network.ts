import { handBack, stepFailureOf } from "../model/hand-back.ts";
import { hasEnded, type Operation } from "../model/operation.ts";
import type { Change } from "../ports.ts";
import { eventOf } from "./accept-change.ts";
import type { StepInput } from "./begin-step.ts";
import type { Dependencies } from "./dependencies.ts";
import { repeatOnConflict } from "./repeat.ts";

/** What a workflow gives when a step failed for good: the input, and the error as Step Functions caught it. */
export interface FailedStepInput extends StepInput {
  readonly error: { readonly Error: string; readonly Cause?: string };
}

/** Gives an operation back: to the sweep when trying again may help, to its end when not. An execution that is over changes nothing. */
export async function handBackNetwork(
  deps: Dependencies,
  { operation: id, attempt, error }: FailedStepInput,
): Promise<{ failed: boolean }> {
  const { store, clock, chance, log } = deps;
  const failure = stepFailureOf(error);
  return repeatOnConflict(async () => {
    const found = await store.get("operation", id);
    if (!found || hasEnded(found.value) || found.value.attempt !== attempt) return { failed: false };
    const back = handBack(found.value, failure, clock.now(), chance());
    await store.commit([
      { write: "put", was: found.version, kind: "operation", value: back },
      ...newsOf(deps, found.value, back),
    ]);
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

/** The owner reads of a wait when it begins or its reason changes, not at every try; and of the end. */
function newsOf(deps: Dependencies, before: Operation, { network, org, kind, state, error }: Operation): Change[] {
  const known = before.timeline.findLast(({ outcome }) => outcome === "waiting")?.detail ?? "";
  const detail = error?.detail ?? "";
  if (state === "pending" && known.startsWith(detail)) return [];
  const type = state === "failed" ? `${kind}.failed` : `${kind}.waiting`;
  return [eventOf(deps, { id: network, org }, { type, message: detail })];
}
