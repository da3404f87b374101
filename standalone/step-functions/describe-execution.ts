import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import * as z from "zod";
import { stateMachineArn } from "#adapters/local-workflows/arn.ts";
import type { Execution } from "#adapters/local-workflows.ts";
import { findExecution } from "./find.ts";
import { operation } from "./operation.ts";

const Input = z.object({
  executionArn: z.string(),
  includedData: z.enum(["ALL_DATA", "METADATA_ONLY"]).default("ALL_DATA"),
});

/** One execution with its input, and what became of it. */
export const describeExecution = operation(
  Input,
  (workflows, { executionArn, includedData }): DescribeExecutionOutput => {
    const execution = findExecution(workflows, executionArn);
    return includedData === "ALL_DATA" ? { ...itemOf(execution), ...dataOf(execution) } : itemOf(execution);
  },
);

/** What every answer about an execution says. */
export const itemOf = ({ arn, workflow, name, status, startedAt, end }: Execution) => ({
  executionArn: arn,
  stateMachineArn: stateMachineArn(workflow),
  name,
  status,
  startDate: new Date(startedAt),
  ...(end ? { stopDate: new Date(end.at) } : {}),
});

function dataOf({ input, end }: Execution) {
  const given = { input, inputDetails: { included: true } };
  if (!end) return given;
  const { status, ...outcome } = end.how;
  return { ...given, ...outcome, ...(status === "SUCCEEDED" ? { outputDetails: { included: true } } : {}) };
}
