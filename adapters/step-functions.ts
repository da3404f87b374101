import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { Refusal } from "#core/errors.ts";
import type { WorkflowName, Workflows } from "#core/ports.ts";

/** What Step Functions says when it has too much to do at the moment. */
const throttled = new Set(["ThrottlingException", "ExecutionLimitExceeded", "TooManyRequestsException"]);

/** What no repeat mends: a deploy is wrong, and the sweep would only hide it. */
const wrong = new Set([
  "AccessDeniedException",
  "StateMachineDoesNotExist",
  "StateMachineDeleting",
  "InvalidArn",
  "InvalidExecutionInput",
  "ValidationException",
]);

/**
 * Starts workflows in Step Functions. While an execution runs, the same name with the same input is the same start to Step Functions,
 * so a repeat of it answers `started` and does nothing.
 */
export function stepFunctionsWorkflows({
  client,
  arns,
}: {
  client: Pick<SFNClient, "send">;
  /** By workflow: the alias of its state machine. */
  arns: Readonly<Partial<Record<WorkflowName, string>>>;
}): Workflows {
  return {
    async start(workflow, name, input) {
      if (!/^[A-Za-z0-9_-]{1,80}$/.test(name))
        throw new Refusal("invalid-input", `"${name}" cannot name an execution: 1 to 80 letters, digits, - and _.`);
      const stateMachineArn = arns[workflow];
      if (!stateMachineArn) throw new Refusal("not-found", `There is no workflow ${workflow}.`);
      try {
        await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
        return "started";
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return "exists";
        throw refusalOf(error, workflow);
      }
    },
  };
}

function refusalOf(error: unknown, workflow: string): unknown {
  const { name } = error as Error;
  if (wrong.has(name)) return error;
  return throttled.has(name)
    ? new Refusal("rate-limited", `Too many workflows start at once; ${workflow} is started later.`, { cause: error })
    : new Refusal("unavailable", `The workflow ${workflow} cannot be started at the moment.`, { cause: error });
}
