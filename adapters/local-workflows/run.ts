import { ExecutionTimeoutError } from "aws-local-stepfunctions";
import { type Ending, type History, history, textOf } from "./history.ts";
import type { Machine } from "./machine.ts";

/** Why somebody stopped an execution, in their words. */
export interface Why {
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export interface Run {
  readonly history: Pick<History, "events">;
  /** Nothing is begun afterwards; a task that runs already runs to its end unheard. */
  stop(why: Why): void;
  /** Never rejected. By then its end stands in the history. */
  readonly ended: Promise<{ readonly how: Ending; readonly at: number }>;
}

type Given = { readonly arn: string; readonly name: string; readonly input: string; readonly startedAt: number };

/** Runs one execution of a workflow, and keeps its newest `keep` events. */
export function run(
  { machine, keep, waitMs }: { machine: Machine; keep: number; waitMs?: number | undefined },
  { arn, name, input, startedAt }: Given,
): Run {
  const events = history({ keep, taskOf: (state) => machine.tasks.get(state)?.name ?? state });
  let stopped: Why | undefined;

  // The interpreter cuts the pause before a retry short when it is stopped, and would try again at once.
  const handlers = [...machine.tasks].map(
    ([state, { handler }]) =>
      [state, async (given: unknown) => (stopped ? null : ((await handler(given)) as null))] as const,
  );
  const { abort, result, eventLogs } = machine.interpreter.run(JSON.parse(input), {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(handlers),
      ...(waitMs === undefined
        ? {}
        : { waitTimeOverrides: Object.fromEntries(machine.waits.map((state) => [state, waitMs])) }),
    },
    context: {
      Execution: { Id: arn, Name: name, StartTime: new Date(startedAt).toISOString() },
      StateMachine: { Id: machine.arn, Name: machine.workflow },
    },
  });

  const record = async () => {
    for await (const said of eventLogs) events.add(said);
  };
  const settle = async () => {
    const [how] = await Promise.all([
      result.then(
        (output): Ending => ({ status: "SUCCEEDED", output: JSON.stringify(output) }),
        (error: unknown) => endingOf(error, stopped),
      ),
      record(),
    ]);
    const at = Date.now();
    events.end(how, at);
    return { how, at };
  };
  return {
    history: events,
    stop(why) {
      stopped ??= why;
      abort();
    },
    ended: settle(),
  };
}

function endingOf(error: unknown, stopped: Why | undefined): Ending {
  if (stopped) return { status: "ABORTED", ...stopped };
  if (error instanceof ExecutionTimeoutError) return { status: "TIMED_OUT", error: "States.Timeout" };
  const failure = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return failure instanceof Error
    ? { status: "FAILED", error: failure.name, cause: textOf(failure.cause ?? failure.message) }
    : { status: "FAILED", cause: textOf(failure) };
}
