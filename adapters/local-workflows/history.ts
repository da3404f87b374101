import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { StateMachine } from "aws-local-stepfunctions";
import { functionArn, ROLE_ARN } from "./arn.ts";

/** What the interpreter says while it runs. */
type Said = ReturnType<StateMachine["run"]>["eventLogs"] extends AsyncGenerator<infer Event> ? Event : never;
type Entry = Omit<HistoryEvent, "id" | "previousEventId" | "timestamp">;
type StateSaid = Extract<Said, { state: unknown }>;

/** How an execution ended; `output` is JSON text. */
export type Ending =
  | { readonly status: "SUCCEEDED"; readonly output: string }
  | {
      readonly status: "FAILED" | "TIMED_OUT" | "ABORTED";
      readonly error?: string | undefined;
      readonly cause?: string | undefined;
    };

/** What happened in one execution, in the words of Step Functions: the newest `keep` events, numbered from the first that ever was. */
export interface History {
  add(said: Said): void;
  end(ending: Ending, at: number): void;
  /** From the oldest that is kept. */
  events(): readonly HistoryEvent[];
}

export function history({ keep, taskOf }: { keep: number; taskOf: (state: string) => string }): History {
  const events: HistoryEvent[] = [];
  const caught = new Set<string>();
  let last = 0;

  const write = (entry: Entry, at: number) => {
    events.push({ ...entry, id: last + 1, previousEventId: last, timestamp: new Date(at) });
    last += 1;
    if (events.length > keep) events.shift();
  };
  return {
    add(said) {
      for (const entry of entriesOf(said, { taskOf, caught })) write(entry, said.timestamp);
    },
    end: (ending, at) => write(entryOf(ending), at),
    events: () => events,
  };
}

/** The interpreter's own words about the end are left out: whoever stopped the execution knows more. */
function entriesOf(said: Said, known: { taskOf: (state: string) => string; caught: Set<string> }): Entry[] {
  switch (said.type) {
    case "ExecutionStarted":
      return [
        { type: "ExecutionStarted", executionStartedEventDetails: { ...data("input", said.input), roleArn: ROLE_ARN } },
      ];
    case "MapIterationStarted":
      return [{ type: said.type, mapIterationStartedEventDetails: { name: said.parentState.name, index: said.index } }];
    case "MapIterationSucceeded":
      return [
        { type: said.type, mapIterationSucceededEventDetails: { name: said.parentState.name, index: said.index } },
      ];
    case "MapIterationFailed":
      return [{ type: said.type, mapIterationFailedEventDetails: { name: said.parentState.name, index: said.index } }];
    case "StateEntered":
      return [
        {
          type: `${said.state.type}StateEntered`,
          stateEnteredEventDetails: { name: said.state.name, ...data("input", said.state.input) },
        },
        ...begun(said, known.taskOf),
      ];
    case "StateFailed":
      return failed(said, said);
    case "StateRetried":
      return begun(said, known.taskOf);
    case "StateCaught":
      known.caught.add(placeOf(said));
      return [];
    case "StateExited":
      return exited(said, known.caught.delete(placeOf(said)));
    default:
      return [];
  }
}

/** A state of a Map runs many times at once. */
const placeOf = (said: StateSaid): string => `${said.state.name}/${said.index ?? ""}`;

function begun({ state }: StateSaid, taskOf: (state: string) => string): Entry[] {
  if (state.type === "Task") {
    const scheduled = { resource: functionArn(taskOf(state.name)), ...data("input", state.input) };
    return [
      { type: "LambdaFunctionScheduled", lambdaFunctionScheduledEventDetails: scheduled },
      { type: "LambdaFunctionStarted" },
    ];
  }
  return state.type === "Map" || state.type === "Parallel" ? [{ type: `${state.type}StateStarted` }] : [];
}

function failed({ state }: StateSaid, { Error: error, Cause }: { Error: string; Cause: unknown }): Entry[] {
  const cause = textOf(Cause);
  if (state.type === "Map" || state.type === "Parallel") return [{ type: `${state.type}StateFailed` }];
  if (state.type !== "Task") return [];
  return error === "States.Timeout"
    ? [{ type: "LambdaFunctionTimedOut", lambdaFunctionTimedOutEventDetails: { error, cause } }]
    : [{ type: "LambdaFunctionFailed", lambdaFunctionFailedEventDetails: { error, cause } }];
}

function exited({ state }: StateSaid, afterCatch: boolean): Entry[] {
  const { type, name, output } = state;
  if (type === "Fail") return [];
  const left: Entry = {
    type: `${type}StateExited`,
    stateExitedEventDetails: { name, ...data("output", output ?? null) },
  };
  if (afterCatch) return [left];
  if (type === "Task") return [{ type: "LambdaFunctionSucceeded" }, left];
  return type === "Map" || type === "Parallel" ? [{ type: `${type}StateSucceeded` }, left] : [left];
}

function entryOf(ending: Ending): Entry {
  switch (ending.status) {
    case "SUCCEEDED":
      return {
        type: "ExecutionSucceeded",
        executionSucceededEventDetails: { output: ending.output, outputDetails: { truncated: false } },
      };
    case "FAILED":
      return { type: "ExecutionFailed", executionFailedEventDetails: because(ending) };
    case "TIMED_OUT":
      return { type: "ExecutionTimedOut", executionTimedOutEventDetails: because(ending) };
    case "ABORTED":
      return { type: "ExecutionAborted", executionAbortedEventDetails: because(ending) };
  }
}

const because = ({ error, cause }: { error?: string | undefined; cause?: string | undefined }) => ({
  ...(error === undefined ? {} : { error }),
  ...(cause === undefined ? {} : { cause }),
});

const data = <Name extends "input" | "output">(name: Name, value: unknown) =>
  ({ [name]: JSON.stringify(value), [`${name}Details`]: { truncated: false } }) as Record<Name, string> &
    Record<`${Name}Details`, { truncated: boolean }>;

export const textOf = (cause: unknown): string =>
  typeof cause === "string" ? cause : cause instanceof Error ? cause.message : (JSON.stringify(cause) ?? "");
