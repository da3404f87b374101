import { StateMachine as Interpreter } from "aws-local-stepfunctions";
import { functionArn, stateMachineArn } from "./arn.ts";

/** A Lambda handler as a workflow's task: given the state's input, answers its result. */
export type TaskHandler = (input: unknown) => Promise<unknown>;

/** A workflow as a value of the Amazon States Language, with `${Name}` where a task's function goes. */
export interface Definition {
  readonly States: Readonly<Record<string, { readonly Type: string; readonly Resource?: string }>>;
}

/** A workflow that can be started here. */
export interface Machine {
  readonly workflow: string;
  readonly arn: string;
  /** Its definition as JSON text, with the ARNs of its functions. */
  readonly definition: string;
  readonly interpreter: Interpreter;
  /** Names of its Wait states. */
  readonly waits: readonly string[];
  /** By name of the state. */
  readonly tasks: ReadonlyMap<string, { readonly name: string; readonly handler: TaskHandler }>;
}

/** Puts a definition and its tasks together. Validation is the business of a test: here it would cost 0.4 s at every start. */
export function machineOf(
  workflow: string,
  definition: Definition,
  handlers: Readonly<Record<string, TaskHandler>>,
): Machine {
  const text = JSON.stringify(definition).replace(/\$\{(\w+)\}/g, (_all, name: string) => functionArn(name));
  const tasks = Object.entries(definition.States).flatMap(([state, { Type, Resource = "" }]) => {
    if (Type !== "Task") return [];
    const name = Resource.slice(2, -1);
    const handler = handlers[name];
    if (!handler) throw new Error(`A workflow has the task ${name}, but nothing provides it.`);
    return [[state, { name, handler: likeLambda(handler) }] as const];
  });
  return {
    workflow,
    arn: stateMachineArn(workflow),
    definition: text,
    interpreter: new Interpreter(JSON.parse(text), { validationOptions: { noValidate: true } }),
    waits: Object.entries(definition.States).flatMap(([state, { Type }]) => (Type === "Wait" ? [state] : [])),
    tasks: new Map(tasks),
  };
}

/** Fails as an invoked Lambda does: the error's name stays, its cause becomes the JSON that Step Functions hands on. */
const likeLambda = (handler: TaskHandler): TaskHandler => {
  return async (input) => {
    try {
      return JSON.parse(JSON.stringify((await handler(input)) ?? null));
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const failed = new Error(JSON.stringify({ errorType: error.name, errorMessage: error.message }));
      failed.name = error.name;
      throw failed;
    }
  };
};
