import type { Ending } from "./history.ts";
import type { Run, Why } from "./run.ts";

/** One execution, as long as it is remembered. */
export interface Execution {
  readonly arn: string;
  readonly workflow: string;
  readonly name: string;
  /** JSON text. */
  readonly input: string;
  readonly startedAt: number;
  /** Grows with every execution of this process. */
  readonly number: number;
  readonly status: "RUNNING" | Ending["status"];
  readonly end: { readonly how: Ending; readonly at: number } | undefined;
  readonly history: Run["history"];
  /** Fulfilled once it has ended; one that has is left as it is. */
  stop(why: Why): Promise<void>;
}

/** What is remembered of executions: all that run, and the newest of those that have ended. */
export interface Ledger {
  add(execution: Execution): void;
  get(arn: string): Execution | undefined;
  /** Those of a workflow, the newest first. */
  list(workflow: string): Execution[];
  /** It has ended; those that ended longest ago are forgotten, as far as there are too many of them or of their events. */
  ended(execution: Execution): void;
}

export function ledger(most: { readonly executions: number; readonly events: number }): Ledger {
  const running = new Map<string, Execution>();
  /** In the order in which they ended. */
  const ended = new Map<string, Execution>();
  let events = 0;
  return {
    add: (execution) => void running.set(execution.arn, execution),
    get: (arn) => running.get(arn) ?? ended.get(arn),
    list: (workflow) =>
      [...running.values(), ...ended.values()]
        .filter((execution) => execution.workflow === workflow)
        .sort((one, other) => other.number - one.number),
    ended(execution) {
      running.delete(execution.arn);
      ended.set(execution.arn, execution);
      events += execution.history.events().length;
      for (const [arn, { history }] of ended) {
        if (ended.size <= most.executions && events <= most.events) return;
        ended.delete(arn);
        events -= history.events().length;
      }
    },
  };
}
