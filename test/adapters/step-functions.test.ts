import { ExecutionAlreadyExists, SFNClient, SFNServiceException, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { stepFunctionsWorkflows } from "#adapters/step-functions.ts";

const sfn = mockClient(SFNClient);
const arn = "arn:aws:states:eu-central-1:111111111111:stateMachine:converge-network:live";
const workflows = stepFunctionsWorkflows({
  client: new SFNClient({ region: "eu-central-1" }),
  arns: { "converge-network": arn },
});
const start = (name = "op_1-1") => workflows.start("converge-network", name, { operation: "op_1" });
const failure = (name: string) =>
  new SFNServiceException({ name, $fault: "client", $metadata: {}, message: "because" });

describe("workflows in Step Functions", () => {
  beforeEach(() => sfn.reset());

  it("starts an execution of the alias, by its name", async () => {
    sfn.on(StartExecutionCommand).resolves({});
    expect(await start()).toBe("started");
    expect(sfn.commandCalls(StartExecutionCommand).map(({ args }) => args[0].input)).toEqual([
      { stateMachineArn: arn, name: "op_1-1", input: '{"operation":"op_1"}' },
    ]);
  });

  it("says that a name was used", async () => {
    sfn.on(StartExecutionCommand).rejects(new ExecutionAlreadyExists({ $metadata: {}, message: "used" }));
    expect(await start()).toBe("exists");
  });

  it.each([
    ["ThrottlingException", "rate-limited"],
    ["ExecutionLimitExceeded", "rate-limited"],
    ["InternalServerError", "unavailable"],
    ["TimeoutError", "unavailable"],
  ])("%s becomes %s", async (name, kind) => {
    sfn.on(StartExecutionCommand).rejects(failure(name));
    await expect(start()).rejects.toMatchObject({ kind });
  });

  it.each(["AccessDeniedException", "StateMachineDoesNotExist", "InvalidArn"])(
    "%s is a wrong deploy and stays what it is",
    async (name) => {
      sfn.on(StartExecutionCommand).rejects(failure(name));
      await expect(start()).rejects.toMatchObject({ name });
    },
  );

  it.each(["", "a b", "a/b", "x".repeat(81)])("refuses the name %j before it asks", async (name) => {
    await expect(start(name)).rejects.toMatchObject({ kind: "invalid-input" });
    expect(sfn.calls()).toEqual([]);
  });

  it("refuses a workflow that was not deployed", async () => {
    const none = stepFunctionsWorkflows({ client: new SFNClient({ region: "eu-central-1" }), arns: {} });
    await expect(none.start("converge-network", "op_1-1", {})).rejects.toMatchObject({ kind: "not-found" });
  });
});
