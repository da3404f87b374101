import { Refusal } from "../errors.ts";
import { DEADLINE_MS, hasEnded, type Operation, withEntry } from "./operation.ts";
import { timestampOf } from "./time.ts";

/**
 * The operation begun anew after it failed or was cancelled: the next attempt, a fresh deadline. Refused where it has not
 * ended that way, or is no longer the newest of its network.
 */
export function retried(
  operation: Operation,
  { newest, actor, now }: { newest: boolean; actor: string; now: number },
): Operation {
  const { state, attempt, id } = operation;
  if (state !== "failed" && state !== "cancelled")
    throw new Refusal("not-possible-now", `Only a failed or cancelled operation can be retried; ${id} is ${state}.`);
  if (!newest)
    throw new Refusal(
      "not-possible-now",
      `Something newer was asked of the network since; retry or watch that instead of ${id}.`,
    );
  const at = timestampOf(now);
  return withEntry(
    {
      ...operation,
      state: "pending",
      step: null,
      attempt: attempt + 1,
      nextActionAt: at,
      deadline: timestampOf(now + DEADLINE_MS),
      error: null,
      endedAt: null,
    },
    { at, step: "Accepted", outcome: "done", detail: `retried by ${actor}` },
  );
}

/** The operation ended by its owner. What was asked for stays; nobody works on it until it is retried or changed. A delete goes on. */
export function cancelled(operation: Operation, { actor, now }: { actor: string; now: number }): Operation {
  const { id, state, kind, step } = operation;
  if (hasEnded(operation)) throw new Refusal("not-possible-now", `${id} has ended already: ${state}.`);
  if (kind === "delete")
    throw new Refusal(
      "not-possible-now",
      `A delete cannot be cancelled: part of ${operation.network} may be gone already.`,
    );
  const at = timestampOf(now);
  return withEntry(
    { ...operation, state: "cancelled", nextActionAt: null, endedAt: at },
    { at, step: step ?? "Accepted", outcome: "done", detail: `cancelled by ${actor}; retry it to go on` },
  );
}
