import validate from "asl-validator";
import { describe, expect, it } from "vitest";
import { tasksOf } from "#step-functions/asl.ts";
import { workflows } from "#step-functions/index.ts";
import { tasks } from "../../functions/tasks/index.ts";
import { convergeNetworkContract } from "../contracts/converge-network.ts";
import { sqliteIntent } from "../control-plane.ts";

describe.each(Object.entries(workflows))("the workflow %s", (_name, definition) => {
  it("is valid Amazon States Language once its functions are named", async () => {
    const text = JSON.stringify(definition).replaceAll(
      /\$\{(\w+)\}/g,
      "arn:aws:lambda:eu-central-1:123456789012:function:$1",
    );
    expect(await validate(JSON.parse(text))).toMatchObject({ isValid: true, errors: [] });
  });

  it("has a time limit on itself and on every task, and jitter on every retry", () => {
    expect(definition.TimeoutSeconds).toBeGreaterThan(0);
    for (const state of Object.values(definition.States)) {
      if (state.Type !== "Task") continue;
      expect(state.TimeoutSeconds).toBeGreaterThan(20);
      for (const retrier of state.Retry) expect(retrier.JitterStrategy).toBe("FULL");
    }
  });

  it("finds a function for every task", () => {
    for (const name of tasksOf(definition)) expect(Object.keys(tasks)).toContain(name);
  });
});

convergeNetworkContract("SQLite", async () => sqliteIntent());
