import { describe, expect, it } from "vitest";
import { localWorkflows, type TaskHandler } from "#adapters/local-workflows.ts";
import { Refusal } from "#core/errors.ts";
import { workflowsContract } from "../contracts/workflows.ts";

const definitions = {
  "converge-network": {
    StartAt: "Work",
    States: {
      Work: { Type: "Task", Resource: "${Work}", Catch: [{ ErrorEquals: ["no-capacity"], Next: "Note" }], End: true },
      Note: { Type: "Task", Resource: "${Note}", End: true },
    },
  },
} as const;

const run = (Work: TaskHandler, Note: TaskHandler = async () => null) =>
  localWorkflows({ definitions, tasks: { Work, Note }, log: () => {} });

workflowsContract("the interpreter in this process", async () => {
  const inputs: unknown[] = [];
  const workflows = run(async (input) => void inputs.push(input));
  return { workflows, begun: () => inputs, close: () => workflows.close() };
});

describe("the interpreter in this process", () => {
  it("hands a task's failure on as Lambda does: by its name, the message as JSON", async () => {
    const noted: unknown[] = [];
    const workflows = run(
      async () => {
        throw new Refusal("no-capacity", "No room.");
      },
      async (input) => void noted.push(input),
    );
    await workflows.start("converge-network", "a", {});
    await expect
      .poll(() => noted)
      .toEqual([{ Error: "no-capacity", Cause: '{"errorType":"no-capacity","errorMessage":"No room."}' }]);
  });

  it("refuses a definition whose task nobody provides", () => {
    expect(() => localWorkflows({ definitions, tasks: { Work: async () => null }, log: () => {} })).toThrow(
      /Note, but nothing provides it/,
    );
  });

  it("starts nothing any more once it is closed, and lets go of what ran", async () => {
    const workflows = run(() => Promise.withResolvers<unknown>().promise);
    await workflows.start("converge-network", "a", {});
    expect(workflows.running()).toBe(1);
    workflows.close();
    await expect(workflows.start("converge-network", "b", {})).rejects.toMatchObject({ kind: "unavailable" });
  });
});
