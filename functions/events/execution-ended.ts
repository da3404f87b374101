import * as z from "zod";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { handBackNetwork } from "#core/operations/hand-back-network.ts";
import type { RolloutInput } from "#core/operations/rollout/find-rollout.ts";
import { handBackRollout } from "#core/operations/rollout/hand-back-rollout.ts";
import { rolloutIdOf } from "#core/operations/rollout/plan-rollout.ts";
import { task } from "../task.ts";

/** What EventBridge says of an execution that ended as FAILED, TIMED_OUT or ABORTED, as far as it is used. */
const ExecutionEnded = z.looseObject({
  detail: z.looseObject({
    status: z.enum(["FAILED", "TIMED_OUT", "ABORTED"]),
    name: z.string(),
    executionArn: z.string().nullish(),
    /** Milliseconds since 1970. */
    startDate: z.number().nullish(),
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

const Input = z.looseObject({ schemaVersion: z.literal(1), operation: z.string(), attempt: z.int() });

const OfRollout = z.looseObject({ rollout: z.string(), attempt: z.int() });
const ByHand = z.looseObject({ spec: z.unknown(), actor: z.string(), reason: z.string() });

/** Which rollout an execution of `roll-out` was about: named, or made by that very execution. */
function rolloutOf(deps: Dependencies, input: unknown, arn: string, startedAt: number): RolloutInput | undefined {
  const named = OfRollout.safeParse(input);
  if (named.success) return { rollout: named.data.rollout, attempt: named.data.attempt };
  return ByHand.safeParse(input).success ? { rollout: rolloutIdOf(deps, arn, startedAt), attempt: 1 } : undefined;
}

/**
 * An execution of `converge-network` or `roll-out` ended where the workflow itself catches nothing. What it worked on goes back to the sweep at once
 * instead of after its lease; one that has ended, or is at a later attempt, is left alone.
 */
export const executionEnded = task(async (deps: Dependencies, event: unknown): Promise<{ handedBack: boolean }> => {
  const { status, name, executionArn, startDate, input, error, cause } = ExecutionEnded.parse(event).detail;
  const given: unknown = JSON.parse(input ?? "null");
  const rollout = rolloutOf(deps, given, executionArn ?? "", startDate ?? 0);
  if (rollout)
    return handBackRollout(deps, { ...rollout, execution: executionArn ?? name, status, cause: cause ?? undefined });
  const parsed = Input.safeParse(given);
  if (!parsed.success) {
    deps.log("warn", "execution ended whose input says nothing of an operation", { execution: name, status });
    return { handedBack: false };
  }
  const failure = {
    Error: error ?? (status === "TIMED_OUT" ? "States.Timeout" : status),
    ...(cause ? { Cause: cause } : {}),
  };
  const { schemaVersion, operation, attempt } = parsed.data;
  await handBackNetwork(deps, { schemaVersion, operation, attempt, error: failure });
  return { handedBack: true };
});
