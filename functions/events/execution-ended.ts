import * as z from "zod";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { handBackNetwork } from "#core/operations/hand-back-network.ts";
import { task } from "../task.ts";

/** What EventBridge says of an execution that ended as FAILED, TIMED_OUT or ABORTED, as far as it is used. */
const ExecutionEnded = z.looseObject({
  detail: z.looseObject({
    status: z.enum(["FAILED", "TIMED_OUT", "ABORTED"]),
    name: z.string(),
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

const Input = z.looseObject({ schemaVersion: z.literal(1), operation: z.string(), attempt: z.int() });

/**
 * An execution of `converge-network` ended where the workflow itself catches nothing. Its operation goes back to the sweep at once
 * instead of after its lease; one that has ended, or is at a later attempt, is left alone.
 */
export const executionEnded = task(async (deps: Dependencies, event: unknown): Promise<{ handedBack: boolean }> => {
  const { status, name, input, error, cause } = ExecutionEnded.parse(event).detail;
  const parsed = Input.safeParse(JSON.parse(input ?? "null"));
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
