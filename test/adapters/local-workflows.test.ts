import { describe, expect, it } from "vitest";
import { localWorkflows, type TaskHandler } from "#adapters/local-workflows.ts";
import { Refusal } from "#core/errors.ts";
import { workflowsContract } from "../contracts/workflows.ts";

const retry = { ErrorEquals: ["conflict"], IntervalSeconds: 60, MaxAttempts: 3, BackoffRate: 1 };
const definitions = {
  "converge-network": {
    StartAt: "Work",
    States: {
      Work: {
        Type: "Task",
        Resource: "${Work}",
        Parameters: { "given.$": "$", "execution.$": "$$.Execution.Id" },
        Retry: [retry],
        Catch: [{ ErrorEquals: ["no-capacity"], ResultPath: "$.error", Next: "Note" }],
        Next: "Done",
      },
      Note: { Type: "Task", Resource: "${Note}", Next: "Failed" },
      Done: { Type: "Succeed" },
      Failed: { Type: "Fail", Error: "no-capacity", Cause: "There was no room." },
    },
  },
} as const;

const arn = (name: string) => `arn:aws:states:local-1:000000000000:execution:converge-network:${name}`;
const noRoom: TaskHandler = async () => {
  throw new Refusal("no-capacity", "No room.");
};

function run(Work: TaskHandler, Note: TaskHandler = async () => null) {
  const ended: string[] = [];
  const workflows = localWorkflows({
    definitions,
    tasks: { Work, Note },
    log: () => {},
    onEnded: ({ name }, status) => void ended.push(`${name} ${status}`),
  });
  const types = (name: string) =>
    workflows.executions
      .get(arn(name))
      ?.history.events()
      .map(({ type }) => type);
  return { workflows, ended, types, start: (name: string) => workflows.start("converge-network", name, { n: 1 }) };
}

workflowsContract("the interpreter in this process", async () => {
  const inputs: unknown[] = [];
  const { workflows } = run(async (input) => void inputs.push((input as { given: unknown }).given));
  return { workflows, begun: () => inputs, close: () => workflows.close() };
});

describe("the interpreter in this process", () => {
  it("answers one of many starts at once that it started, and all others that the name was used", async () => {
    const { start } = run(async () => null);
    const starts = await Promise.all(Array.from({ length: 5 }, () => start("a")));
    expect(starts.toSorted()).toEqual(["exists", "exists", "exists", "exists", "started"]);
  });

  it("hands a task's failure on as Lambda does: by its name, the message as JSON", async () => {
    const noted: unknown[] = [];
    const { start } = run(noRoom, async (input) => void noted.push(input));
    await start("a");
    const Cause = '{"errorType":"no-capacity","errorMessage":"No room."}';
    await expect.poll(() => noted).toEqual([{ n: 1, error: { Error: "no-capacity", Cause } }]);
  });

  it("tells a task which execution it belongs to", async () => {
    const seen: unknown[] = [];
    const { start } = run(async (input) => void seen.push(input));
    await start("a");
    await expect.poll(() => seen).toEqual([{ given: { n: 1 }, execution: arn("a") }]);
  });

  it("refuses a definition whose task nobody provides", () => {
    expect(() => localWorkflows({ definitions, tasks: { Work: async () => null }, log: () => {} })).toThrow(
      /Note, but nothing provides it/,
    );
  });

  it("starts nothing any more once it is closed, lets go of what ran, and calls none of it ended", async () => {
    const { workflows, ended, start } = run(() => Promise.withResolvers<unknown>().promise);
    await start("a");
    expect(workflows.running()).toBe(1);
    workflows.close();
    await expect.poll(workflows.running).toBe(0);
    expect(ended).toEqual([]);
    await expect(start("b")).rejects.toMatchObject({ kind: "unavailable" });
  });
});

describe("what is remembered of executions", () => {
  it("is every step, in the words of Step Functions", async () => {
    const { ended, types, start, workflows } = run(async () => ({ done: true }));
    await start("a");
    await expect.poll(() => ended).toEqual(["a SUCCEEDED"]);
    expect(types("a")).toEqual([
      ...["ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted"],
      ...["LambdaFunctionSucceeded", "TaskStateExited", "SucceedStateEntered", "SucceedStateExited"],
      "ExecutionSucceeded",
    ]);
    const events = workflows.executions.get(arn("a"))?.history.events() ?? [];
    expect(events.map(({ id, previousEventId }) => [id, previousEventId]).slice(0, 2)).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(events[2]?.lambdaFunctionScheduledEventDetails).toMatchObject({
      resource: "arn:aws:lambda:local-1:000000000000:function:Work",
    });
    expect(events.at(-1)?.executionSucceededEventDetails).toMatchObject({ output: '{"done":true}' });
  });

  it("is how it failed", async () => {
    const { ended, types, start, workflows } = run(noRoom);
    await start("a");
    await expect.poll(() => ended).toEqual(["a FAILED"]);
    expect(types("a")).toEqual([
      ...["ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted"],
      ...["LambdaFunctionFailed", "TaskStateExited", "TaskStateEntered", "LambdaFunctionScheduled"],
      ...["LambdaFunctionStarted", "LambdaFunctionSucceeded", "TaskStateExited", "FailStateEntered"],
      "ExecutionFailed",
    ]);
    expect(workflows.executions.get(arn("a"))?.end?.how).toEqual({
      ...{ status: "FAILED", error: "no-capacity", cause: "There was no room." },
    });
  });

  it("is that somebody stopped it, with their words; a retry that it waited for is not made", async () => {
    let calls = 0;
    const { workflows, ended, types, start } = run(async () => {
      calls += 1;
      throw new Refusal("conflict", "Again.");
    });
    await start("a");
    await expect.poll(() => types("a")).toContain("LambdaFunctionFailed");
    const execution = workflows.executions.get(arn("a"));
    await execution?.stop({ error: "Operator", cause: "Wrong release." });
    await execution?.stop({ cause: "Too late." });
    await expect.poll(() => ended).toEqual(["a ABORTED"]);
    expect(execution).toMatchObject({ status: "ABORTED" });
    expect(execution?.history.events().at(-1)).toMatchObject({
      type: "ExecutionAborted",
      executionAbortedEventDetails: { error: "Operator", cause: "Wrong release." },
    });
    expect(calls).toBe(1);
  });

  it("is bounded: the newest 1,000 that have ended, and all that run; names stay used", async () => {
    const held = Promise.withResolvers<null>();
    let holding = true;
    const { workflows, ended, start } = run(async () => (holding ? held.promise : null));
    await start("first");
    holding = false;
    for (let n = 1; n <= 1_001; n += 1) await start(`e-${n}`);
    await expect.poll(() => ended.length).toBe(1_001);
    const { executions } = workflows;
    const kept = executions.list("converge-network").map(({ name }) => name);
    expect([kept.length, kept[0], kept.at(-2), kept.at(-1)]).toEqual([1_001, "e-1001", "e-2", "first"]);
    expect(executions.get(arn("e-1"))).toBeUndefined();
    expect(await start("e-1")).toBe("exists");
    held.resolve(null);
    await expect.poll(() => ended.at(-1)).toBe("first SUCCEEDED");
    expect(executions.get(arn("first"))).toMatchObject({ status: "SUCCEEDED" });
    expect(executions.get(arn("e-2"))).toBeUndefined();
  });
});
