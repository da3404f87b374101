import { Refusal } from "../errors.ts";
import type { Network } from "../model/network.ts";
import { hasEnded, LEASE_MS, type Operation, withEntry } from "../model/operation.ts";
import { timestampOf } from "../model/time.ts";
import type { Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { repeatOnConflict } from "./repeat.ts";

/** What a workflow hands each of its tasks: ids only, the rest is read. `schemaVersion` lets old executions end on new code. */
export interface StepInput {
  readonly schemaVersion: 1;
  readonly operation: string;
  readonly attempt: number;
}

export interface Step {
  readonly operation: Versioned<Operation>;
  readonly network: Versioned<Network>;
}

/**
 * Begins a step of an operation: checks that this execution is the one that may act, and holds off the sweep for another lease.
 * Refuses with `superseded` when the operation has ended or a later attempt took over; the execution then ends in peace.
 */
export async function beginStep(
  deps: Dependencies,
  { operation: id, attempt }: StepInput,
  step: string,
): Promise<Step> {
  const { store, clock } = deps;
  return repeatOnConflict(async () => {
    const found = await store.get("operation", id);
    if (!found || hasEnded(found.value) || found.value.attempt !== attempt)
      throw new Refusal("superseded", `Attempt ${attempt} of ${id} is over; something newer took its place.`);

    const now = clock.now();
    const begun: Operation = {
      ...found.value,
      state: "running",
      step,
      nextActionAt: timestampOf(now + LEASE_MS),
      error: null,
    };
    const operation =
      found.value.step === step && found.value.state === "running"
        ? begun
        : withEntry(begun, { at: timestampOf(now), step, outcome: "started", detail: `attempt ${attempt}` });
    await store.commit([{ write: "put", was: found.version, kind: "operation", value: operation }]);

    const network = await store.get("network", operation.network);
    if (!network || network.value.operation !== operation.id)
      throw new Refusal("superseded", `${operation.network} has moved on from ${id}.`);
    return { operation: { value: operation, version: found.version + 1 }, network };
  });
}
