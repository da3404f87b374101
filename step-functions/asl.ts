import { retryableKinds } from "#core/errors.ts";

/** The part of the Amazon States Language that our workflows use, as types. JSONPath; every machine and task has a timeout. */
export interface StateMachine {
  readonly Comment: string;
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, State>>;
}

export type State = TaskState | ChoiceState | WaitState | SucceedState | FailState;

export interface TaskState {
  readonly Type: "Task";
  /** `${PlaceNetwork}`: whoever deploys puts the function's ARN in its place. */
  readonly Resource: string;
  readonly TimeoutSeconds: number;
  /** Instead of the whole input; `$$` is the execution. */
  readonly Parameters?: Readonly<Record<string, string>>;
  /** Where the answer goes; absent: it is all that the next state is given. */
  readonly ResultPath?: string | null;
  readonly Retry: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Next: string;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly MaxAttempts: number;
  readonly JitterStrategy: "FULL";
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath?: string;
  readonly Next: string;
}

export interface ChoiceState {
  readonly Type: "Choice";
  readonly Choices: readonly { readonly Variable: string; readonly BooleanEquals: boolean; readonly Next: string }[];
  readonly Default: string;
}

export interface WaitState {
  readonly Type: "Wait";
  readonly SecondsPath: string;
  readonly Next: string;
}

export interface SucceedState {
  readonly Type: "Succeed";
}

export interface FailState {
  readonly Type: "Fail";
  readonly Error: string;
  readonly Cause: string;
}

/** A long poll of 20 s and the calls around it. */
const TASK_SECONDS = 29;

/**
 * Repeated inside the execution: what is over in a few seconds. Whatever lasts longer is handed back and waits in the store,
 * where it costs nothing and can be seen; `no-capacity` always does, and `timed-out` says that it is too late already.
 */
const transient: Retrier = {
  ErrorEquals: [
    ...retryableKinds.filter((kind) => kind !== "no-capacity" && kind !== "internal" && kind !== "timed-out"),
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.SdkClientException",
  ],
  IntervalSeconds: 1,
  BackoffRate: 2,
  MaxDelaySeconds: 5,
  MaxAttempts: 2,
  JitterStrategy: "FULL",
};

/** A step that may run twice and whose failure is dealt with: `superseded` ends the execution, anything else goes to `failed`. */
export const task = (
  name: string,
  to: { next: string; superseded: string; failed: string; result?: string },
): TaskState => ({
  Type: "Task",
  Resource: `\${${name}}`,
  TimeoutSeconds: TASK_SECONDS,
  ResultPath: to.result ?? null,
  Retry: [transient],
  Catch: [
    { ErrorEquals: ["superseded"], ResultPath: "$.error", Next: to.superseded },
    { ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: to.failed },
  ],
  Next: to.next,
});

/** A step that deals with a failure. When it fails itself the execution fails, and the sweep takes over. */
export const lastTask = (name: string, to: { next: string; result: string }): TaskState => ({
  Type: "Task",
  Resource: `\${${name}}`,
  TimeoutSeconds: TASK_SECONDS,
  ResultPath: to.result,
  Retry: [transient],
  Next: to.next,
});

/**
 * A step whose answer is all that the next one is given. When it fails for good the execution fails with its sentence, and the sweep
 * starts another where that may help.
 */
export const handingOn = (
  name: string,
  to: { next: string; superseded: string; parameters?: Readonly<Record<string, string>> },
): TaskState => ({
  Type: "Task",
  Resource: `\${${name}}`,
  TimeoutSeconds: TASK_SECONDS,
  ...(to.parameters ? { Parameters: to.parameters } : {}),
  Retry: [transient],
  Catch: [{ ErrorEquals: ["superseded"], ResultPath: "$.error", Next: to.superseded }],
  Next: to.next,
});

/** Names of the tasks of a workflow: what somebody who runs it must provide. */
export const tasksOf = (machine: StateMachine): string[] =>
  Object.values(machine.States).flatMap((state) => (state.Type === "Task" ? [state.Resource.slice(2, -1)] : []));
