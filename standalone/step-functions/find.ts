import { LOCAL_REGION } from "#adapters/local-workflows/arn.ts";
import type { Execution, LocalWorkflows, Machine } from "#adapters/local-workflows.ts";
import { AwsError } from "./aws-error.ts";

/** The state machine of an ARN, or what AWS says of an ARN that is none or names none. */
export function findMachine({ machines }: LocalWorkflows, arn: string): Machine {
  checkArn(arn, "stateMachine");
  const found = [...machines.values()].find((machine) => machine.arn === arn);
  if (found) return found;
  throw new AwsError(
    "StateMachineDoesNotExist",
    `State Machine Does Not Exist: '${arn}'. There are: ${[...machines.values()].map((machine) => machine.arn).join(", ")}.`,
  );
}

export function findExecution({ executions }: LocalWorkflows, arn: string): Execution {
  checkArn(arn, "execution");
  const found = executions.get(arn);
  if (found) return found;
  throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
}

function checkArn(arn: string, kind: "stateMachine" | "execution"): void {
  if (new RegExp(`^arn:aws:states:[a-z0-9-]+:\\d{12}:${kind}:.+$`).test(arn)) return;
  throw new AwsError(
    "InvalidArn",
    `Invalid Arn: '${arn}'; it must have the form arn:aws:states:${LOCAL_REGION}:000000000000:${kind}:…`,
  );
}
