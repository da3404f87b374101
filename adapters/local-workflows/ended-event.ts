import type { Execution } from "./ledger.ts";

/** What EventBridge would say of an execution that ended. */
export function endedEvent({ arn, name, input, startedAt, end }: Execution) {
  const how = end?.how;
  const { error, cause } = how && how.status !== "SUCCEEDED" ? how : {};
  return { detail: { status: how?.status, executionArn: arn, name, input, startDate: startedAt, error, cause } };
}
