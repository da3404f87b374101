import { StateMachine as Interpreter } from "aws-local-stepfunctions";
import { Refusal } from "#core/errors.ts";
import type { Log, WorkflowName, Workflows } from "#core/ports.ts";

/** A Lambda handler as a workflow's task: given the state's input, answers its result. */
export type TaskHandler = (input: unknown) => Promise<unknown>;

/** A workflow as a value of the Amazon States Language, with `${Name}` where a task's function goes. */
export interface Definition {
  readonly States: Readonly<Record<string, { readonly Type: string; readonly Resource?: string }>>;
}

export interface LocalWorkflows extends Workflows {
  /** Stops all executions where they are, as a crash would, and starts no more. */
  close(): void;
  /** How many executions run now. */
  running(): number;
}

/**
 * Runs workflows in this process. Executions die with it: whoever started them must find that out (the sweep does). Names are
 * remembered as long as the process lives.
 */
export function localWorkflows({
  definitions,
  tasks,
  log,
}: {
  definitions: Readonly<Record<WorkflowName, Definition>>;
  /** By task name, the `Name` of `${Name}`. */
  tasks: Readonly<Record<string, TaskHandler>>;
  log: Log;
}): LocalWorkflows {
  const names = new Set<string>();
  const executions = new Map<string, () => void>();
  let closed = false;

  // Validation is the business of a test: here it would cost 0.4 s at every start.
  const machines = new Map(
    Object.entries(definitions).map(([workflow, definition]) => {
      const taskStates = Object.entries(definition.States).filter(([, state]) => state.Type === "Task");
      const handlers = taskStates.map(
        ([state, { Resource = "" }]) => [state, likeLambda(handlerOf(tasks, Resource))] as const,
      );
      const text = JSON.stringify(definition).replace(
        /\$\{(\w+)\}/g,
        "arn:aws:lambda:local-1:000000000000:function:$1",
      );
      return [
        workflow,
        {
          machine: new Interpreter(JSON.parse(text), { validationOptions: { noValidate: true } }),
          handlers: Object.fromEntries(handlers),
        },
      ];
    }),
  );

  return {
    async start(workflow, name, input) {
      if (closed) throw new Refusal("unavailable", "No workflow is started any more: the process is ending.");
      if (!/^[A-Za-z0-9_-]{1,80}$/.test(name))
        throw new Refusal("invalid-input", `"${name}" cannot name an execution: 1 to 80 letters, digits, - and _.`);
      const found = machines.get(workflow);
      if (!found) throw new Refusal("not-found", `There is no workflow ${workflow}.`);
      const key = `${workflow}/${name}`;
      if (names.has(key)) return "exists";
      names.add(key);

      const run = found.machine.run(JSON.parse(JSON.stringify(input)), {
        overrides: { taskResourceLocalHandlers: found.handlers },
        noThrowOnAbort: true,
      });
      executions.set(key, run.abort);
      run.result
        .catch((error: unknown) => log("debug", "execution failed", { execution: key, error: String(error) }))
        .finally(() => executions.delete(key));
      return "started";
    },
    close() {
      closed = true;
      for (const abort of executions.values()) abort();
    },
    running: () => executions.size,
  };
}

function handlerOf(tasks: Readonly<Record<string, TaskHandler>>, resource: string): TaskHandler {
  const name = resource.slice(2, -1);
  const handler = tasks[name];
  if (!handler) throw new Error(`A workflow has the task ${name}, but nothing provides it.`);
  return handler;
}

/** Fails as an invoked Lambda does: the error's name stays, its cause becomes the JSON that Step Functions hands on. */
const likeLambda = (handler: TaskHandler) => async (input: unknown) => {
  try {
    return JSON.parse(JSON.stringify((await handler(input)) ?? null));
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const failed = new Error(JSON.stringify({ errorType: error.name, errorMessage: error.message }));
    failed.name = error.name;
    throw failed;
  }
};
