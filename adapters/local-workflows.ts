import { Refusal } from "#core/errors.ts";
import type { Log, WorkflowName, Workflows } from "#core/ports.ts";
import { executionArn } from "./local-workflows/arn.ts";
import type { Ending } from "./local-workflows/history.ts";
import { type Execution, type Ledger, ledger } from "./local-workflows/ledger.ts";
import { type Definition, type Machine, machineOf, type TaskHandler } from "./local-workflows/machine.ts";
import { type Run, run } from "./local-workflows/run.ts";

export type { Definition, Execution, Machine, TaskHandler };

/** `started`: it runs from now on. `running`: it ran already, with this very input. `exists`: the name was used before. */
export type Begun =
  | { readonly answer: "started" | "running"; readonly execution: Execution }
  | { readonly answer: "exists" };

export interface LocalWorkflows extends Workflows {
  readonly machines: ReadonlyMap<string, Machine>;
  /** What `start` does, saying more. Whether the name may name an execution is the caller's to judge. */
  begin(machine: Machine, name: string, input: unknown): Begun;
  /** The newest 1,000 that have ended and all that run; of each its newest 1,000 events. */
  readonly executions: Pick<Ledger, "get" | "list">;
  /** Stops all executions where they are, as a crash would, and starts no more. */
  close(): void;
  /** How many executions run now. */
  running(): number;
}

/** An event is about half a KiB, so that what is remembered stays below 30 MiB, however long executions were. */
const REMEMBERED = { executions: 1_000, events: 50_000 };
const EVENTS_OF_EACH = 1_000;

/**
 * Runs workflows in this process. Executions die with it: whoever started them must find that out (the sweep does). Names are
 * remembered as long as the process lives.
 */
export function localWorkflows({
  definitions,
  tasks,
  log,
  onEnded = () => {},
  waitMs,
}: {
  definitions: Readonly<Partial<Record<WorkflowName, Definition>>>;
  /** By task name, the `Name` of `${Name}`. */
  tasks: Readonly<Record<string, TaskHandler>>;
  log: Log;
  /** How long Wait states last, for who will not wait for what they say. */
  waitMs?: number;
  /** Told of every execution that ended, as EventBridge tells on AWS. Not of those that `close` cuts off: a crash tells nobody. */
  onEnded?: (execution: Execution, status: Ending["status"]) => void | Promise<void>;
}): LocalWorkflows {
  const machines = new Map(
    Object.entries(definitions).map(([workflow, definition]) => [workflow, machineOf(workflow, definition, tasks)]),
  );
  const names = new Set<string>();
  const remembered = ledger(REMEMBERED);
  const runs = new Set<Run>();
  let closed = false;

  const tell = async (execution: Execution) => {
    const { arn, end } = execution;
    if (!end) return;
    if (end.how.status !== "SUCCEEDED") log("debug", "execution did not succeed", { execution: arn, ...end.how });
    try {
      await onEnded(execution, end.how.status);
    } catch (error) {
      log("error", "nobody was told of an execution's end", { execution: arn, error: String(error) });
    }
  };

  const begin = (machine: Machine, name: string, given: unknown): Begun => {
    if (closed) throw new Refusal("unavailable", "No workflow is started any more: the process is ending.");
    const { workflow } = machine;
    const arn = executionArn(workflow, name);
    const input = JSON.stringify(given);
    if (names.has(arn)) {
      const before = remembered.get(arn);
      const same = before?.status === "RUNNING" && before.input === input;
      return same ? { answer: "running", execution: before } : { answer: "exists" };
    }
    names.add(arn);
    const startedAt = Date.now();
    const running = run({ machine, keep: EVENTS_OF_EACH, waitMs }, { arn, name, input, startedAt });
    runs.add(running);
    let end: Execution["end"];
    const ended = running.ended.then((how) => {
      end = how;
      runs.delete(running);
    });
    const execution: Execution = {
      ...{ arn, workflow, name, input, startedAt, number: names.size, history: running.history },
      get status() {
        return end?.how.status ?? "RUNNING";
      },
      get end() {
        return end;
      },
      stop(why) {
        if (!end) running.stop(why);
        return ended;
      },
    };
    remembered.add(execution);
    void ended.then(() => {
      remembered.ended(execution);
      if (!closed) void tell(execution);
    });
    return { answer: "started", execution };
  };

  return {
    machines,
    begin,
    executions: remembered,
    async start(workflow, name, input) {
      if (!/^[A-Za-z0-9_-]{1,80}$/.test(name))
        throw new Refusal("invalid-input", `"${name}" cannot name an execution: 1 to 80 letters, digits, - and _.`);
      const machine = machines.get(workflow);
      if (!machine) throw new Refusal("not-found", `There is no workflow ${workflow}.`);
      return begin(machine, name, input).answer === "started" ? "started" : "exists";
    },
    close() {
      closed = true;
      for (const { stop } of runs) stop({});
    },
    running: () => runs.size,
  };
}
