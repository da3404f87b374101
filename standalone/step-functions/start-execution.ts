import type { StartExecutionOutput } from "@aws-sdk/client-sfn";
import * as z from "zod";
import { executionArn } from "#adapters/local-workflows/arn.ts";
import { AwsError } from "./aws-error.ts";
import { findMachine } from "./find.ts";
import { operation } from "./operation.ts";

/** The largest input of an execution on AWS, in bytes. */
const INPUT_LIMIT = 262_144;

const Input = z.object({
  stateMachineArn: z.string(),
  name: z.string().nullish(),
  input: z.string().nullish(),
  traceHeader: z.string().nullish(),
});

/** Starts an execution; the same name with the same input is the same start while the first of them runs. */
export const startExecution = operation(Input, (workflows, { stateMachineArn, ...given }): StartExecutionOutput => {
  const machine = findMachine(workflows, stateMachineArn);
  const name = given.name ?? crypto.randomUUID();
  checkName(name);

  const begun = workflows.begin(machine, name, parse(given.input ?? "{}"));
  const arn = executionArn(machine.workflow, name);
  if (begun.answer === "exists")
    throw new AwsError(
      "ExecutionAlreadyExists",
      `Execution Already Exists: '${arn}'. A name is used once: choose another.`,
    );
  return { executionArn: arn, startDate: new Date(begun.execution.startedAt) };
});

/** The characters that AWS forbids in names. */
const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;

function checkName(name: string): void {
  if (name.length >= 1 && name.length <= 80 && !forbidden.test(name)) return;
  throw new AwsError("InvalidName", `Invalid Name: '${name}'; 1 to 80 characters, best letters, digits, - and _.`);
}

function parse(input: string): unknown {
  const bytes = Buffer.byteLength(input);
  if (bytes > INPUT_LIMIT)
    throw new AwsError("ValidationException", `The input has ${bytes} bytes; it may have at most ${INPUT_LIMIT}.`);
  try {
    return JSON.parse(input);
  } catch (error) {
    throw new AwsError(
      "InvalidExecutionInput",
      `Invalid State Machine Execution Input: it is not JSON (${error instanceof Error ? error.message : error}).`,
    );
  }
}
