import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stepFunctionsWorkflows } from "#adapters/step-functions.ts";
import { workflowsContract } from "../../contracts/workflows.ts";
import { anEndpoint, type Endpoint, executionArn, machineArn, pair } from "./an-endpoint.ts";

workflowsContract("Step Functions on one machine, through the AWS SDK", async () => {
  const { client, begun, close } = await anEndpoint();
  const workflows = stepFunctionsWorkflows({ client, arns: { "converge-network": machineArn } });
  return { workflows, begun: () => begun, close };
});

let endpoint: Endpoint;
let ahead = 0;
beforeEach(async () => {
  ahead = 0;
  endpoint = await anEndpoint({ ahead: () => ahead });
});
afterEach(() => endpoint.close());

const start = (name: string | undefined, input: unknown = {}, stateMachineArn = machineArn) =>
  endpoint.client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
const describeIt = (name: string) =>
  endpoint.client.send(new DescribeExecutionCommand({ executionArn: executionArn(name) }));
const statusOf = async (name: string) => (await describeIt(name)).status;

describe("an execution", () => {
  it("is started, runs and is described", async () => {
    const before = Date.now();
    const started = await start("a", { hold: true });
    expect(started.executionArn).toBe(executionArn("a"));
    expect(Math.abs(Number(started.startDate) - before)).toBeLessThan(60_000);
    expect(await describeIt("a")).toMatchObject({
      ...{ executionArn: executionArn("a"), stateMachineArn: machineArn, name: "a", status: "RUNNING" },
      ...{ input: '{"hold":true}', startDate: started.startDate },
    });
    endpoint.release();
    await expect.poll(() => statusOf("a")).toBe("SUCCEEDED");
    expect(await describeIt("a")).toMatchObject({ output: '{"hold":true,"result":null}', stopDate: expect.any(Date) });
  });

  it("gets a name and an empty input when it is given none", async () => {
    const { executionArn: arn = "" } = await endpoint.client.send(
      new StartExecutionCommand({ stateMachineArn: machineArn }),
    );
    expect(arn).toMatch(/:execution:converge-network:[0-9a-f-]{36}$/);
    expect(await endpoint.client.send(new DescribeExecutionCommand({ executionArn: arn }))).toMatchObject({
      input: "{}",
    });
  });

  it("says how it failed", async () => {
    await start("a", { fail: true });
    await expect.poll(() => statusOf("a")).toBe("FAILED");
    expect(await describeIt("a")).toMatchObject({
      error: "no-capacity",
      cause: '{"errorType":"no-capacity","errorMessage":"No room."}',
    });
  });

  it("is the same start while it runs, whatever the spaces in its input; a used name afterwards", async () => {
    const first = await start("a", { hold: true });
    const again = await endpoint.client.send(
      new StartExecutionCommand({ stateMachineArn: machineArn, name: "a", input: '{ "hold" : true }' }),
    );
    expect(again).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
    await expect(start("a", { hold: false })).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    endpoint.release();
    await expect.poll(() => statusOf("a")).toBe("SUCCEEDED");
    await expect(start("a", { hold: true })).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    expect(endpoint.begun).toHaveLength(1);
  });

  it("is stopped with the words of who stops it, and once it has ended stays as it is", async () => {
    await start("a", { hold: true });
    await expect.poll(() => endpoint.begun).toHaveLength(1);
    const stop = (cause: string) =>
      endpoint.client.send(new StopExecutionCommand({ executionArn: executionArn("a"), error: "Operator", cause }));
    const { stopDate } = await stop("Wrong release.");
    expect(await describeIt("a")).toMatchObject({
      ...{ status: "ABORTED", error: "Operator", cause: "Wrong release.", stopDate },
    });
    expect(await stop("Too late.")).toMatchObject({ stopDate });
    expect(await describeIt("a")).toMatchObject({ cause: "Wrong release." });
  });

  it("can be described without its data", async () => {
    await start("a", { secret: 1 });
    await expect.poll(() => statusOf("a")).toBe("SUCCEEDED");
    const described = await endpoint.client.send(
      new DescribeExecutionCommand({ executionArn: executionArn("a"), includedData: "METADATA_ONLY" }),
    );
    expect([described.status, described.input, described.output]).toEqual(["SUCCEEDED", undefined, undefined]);
  });
});

describe("lists", () => {
  it("go through executions page by page, the newest first, by status", async () => {
    for (const name of ["a", "b", "c"]) await start(name, { hold: true });
    await start("d", { fail: true });
    await expect.poll(() => statusOf("d")).toBe("FAILED");
    const names: (string | undefined)[][] = [];
    const pages = paginateListExecutions({ client: endpoint.client, pageSize: 3 }, { stateMachineArn: machineArn });
    for await (const { executions = [] } of pages) names.push(executions.map(({ name }) => name));
    expect(names).toEqual([["d", "c", "b"], ["a"]]);
    const { executions } = await endpoint.client.send(
      new ListExecutionsCommand({ stateMachineArn: machineArn, statusFilter: "RUNNING" }),
    );
    expect(executions?.map(({ name, status }) => `${name} ${status}`)).toEqual(["c RUNNING", "b RUNNING", "a RUNNING"]);
  });

  it("go through a history page by page, in both directions", async () => {
    await start("a", { n: 1 });
    await expect.poll(() => statusOf("a")).toBe("SUCCEEDED");
    const read = async (reverseOrder: boolean) => {
      const input = { executionArn: executionArn("a"), reverseOrder };
      const events = [];
      for await (const page of paginateGetExecutionHistory({ client: endpoint.client, pageSize: 4 }, input))
        events.push(...(page.events ?? []));
      return events;
    };
    const events = await read(false);
    expect(events.map(({ type }) => type)).toEqual([
      ...["ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted"],
      ...["LambdaFunctionSucceeded", "TaskStateExited", "TaskStateEntered", "LambdaFunctionScheduled"],
      ...["LambdaFunctionStarted", "LambdaFunctionSucceeded", "TaskStateExited", "SucceedStateEntered"],
      ...["SucceedStateExited", "ExecutionSucceeded"],
    ]);
    expect(events[1]).toMatchObject({
      ...{ id: 2, previousEventId: 1, timestamp: expect.any(Date) },
      stateEnteredEventDetails: { name: "Begin", input: '{"n":1}', inputDetails: { truncated: false } },
    });
    expect(await read(true)).toEqual(events.toReversed());
    const bare = await endpoint.client.send(
      new GetExecutionHistoryCommand({ executionArn: executionArn("a"), includeExecutionData: false }),
    );
    expect(bare.events?.[1]?.stateEnteredEventDetails).toEqual({ name: "Begin" });
  });

  it("show the state machines, and each with a definition whose tasks have ARNs", async () => {
    const { stateMachines } = await endpoint.client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toMatchObject([{ name: "converge-network", stateMachineArn: machineArn, type: "STANDARD" }]);
    const { definition = "", status } = await endpoint.client.send(
      new DescribeStateMachineCommand({ stateMachineArn: machineArn }),
    );
    expect(status).toBe("ACTIVE");
    expect(JSON.parse(definition).States.Begin.Resource).toBe("arn:aws:lambda:local-1:000000000000:function:Begin");
  });
});

const other = "arn:aws:states:local-1:000000000000:stateMachine:no-such";
const elsewhere = "arn:aws:states:eu-west-1:111111111111:stateMachine:converge-network";

describe("what is wrong is refused as AWS refuses it", () => {
  it.each([
    ["no such machine", () => start("a", {}, other), "StateMachineDoesNotExist"],
    ["a machine of another region", () => start("a", {}, elsewhere), "StateMachineDoesNotExist"],
    ["an ARN that is none", () => start("a", {}, "roll-out"), "InvalidArn"],
    ["an ARN of another kind", () => start("a", {}, executionArn("a")), "InvalidArn"],
    ["a space in the name", () => start("a b"), "InvalidName"],
    ["a slash in the name", () => start("a/b"), "InvalidName"],
    ["an empty name", () => start(""), "InvalidName"],
    ["a name too long", () => start("x".repeat(81)), "InvalidName"],
    ["an input that is too large", () => start("a", "x".repeat(262_143)), "ValidationException"],
    ["no such execution", () => describeIt("nobody"), "ExecutionDoesNotExist"],
    [
      "an input that is not JSON",
      () => endpoint.client.send(new StartExecutionCommand({ stateMachineArn: machineArn, input: "{" })),
      "InvalidExecutionInput",
    ],
    [
      "to stop no such execution",
      () => endpoint.client.send(new StopExecutionCommand({ executionArn: executionArn("nobody") })),
      "ExecutionDoesNotExist",
    ],
    [
      "no machine given",
      () => endpoint.client.send(new StartExecutionCommand({ stateMachineArn: undefined })),
      "ValidationException",
    ],
    [
      "pages too large",
      () => endpoint.client.send(new ListStateMachinesCommand({ maxResults: 1_001 })),
      "ValidationException",
    ],
    [
      "a token that is none",
      () => endpoint.client.send(new ListStateMachinesCommand({ nextToken: "?" })),
      "InvalidToken",
    ],
    [
      "an operation of Step Functions that is not here",
      () => endpoint.client.send(new ListTagsForResourceCommand({ resourceArn: machineArn })),
      "UnknownOperationException",
    ],
  ])("%s", async (_name, act, name) => {
    await expect(act()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expect(endpoint.begun).toEqual([]);
  });

  it.each([
    [
      "another key",
      { accessKeyId: "AKIASOMEBODYELSE0000", secretAccessKey: "x" },
      "local-1",
      "UnrecognizedClientException",
    ],
    ["another secret", { ...pair, secretAccessKey: "x" }, "local-1", "InvalidSignatureException"],
    ["a session", { ...pair, sessionToken: "t" }, "local-1", "UnrecognizedClientException"],
    ["another region", pair, "us-east-1", "InvalidSignatureException"],
  ])("a call signed with %s", async (_name, credentials, region, name) => {
    const client = endpoint.clientWith(credentials, region);
    await expect(client.send(new StartExecutionCommand({ stateMachineArn: machineArn }))).rejects.toMatchObject({
      name,
    });
    expect(endpoint.begun).toEqual([]);
  });

  it("a call whose clock is more than five minutes off", async () => {
    ahead = 301_000;
    // The SDK would correct its clock by our Date header, and succeed at the second attempt: there is one only.
    await expect(start("a")).rejects.toMatchObject({ message: expect.stringContaining("Signature expired") });
  });

  it("a call without a signature, and one that is too large", async () => {
    const headers = { "x-amz-target": "AWSStepFunctions.ListStateMachines" };
    const unsigned = await fetch(endpoint.url, { method: "POST", headers, body: "{}" });
    expect([unsigned.status, unsigned.headers.get("content-type"), await unsigned.json()]).toEqual([
      ...[400, "application/x-amz-json-1.0"],
      { __type: "MissingAuthenticationTokenException", message: "Missing Authentication Token" },
    ]);
    const large = await fetch(endpoint.url, { method: "POST", headers, body: "x".repeat(1_048_577) });
    expect(large.status).toBe(413);
  });

  it("any start once the process is ending", async () => {
    endpoint.workflows.close();
    await expect(start("a")).rejects.toMatchObject({
      ...{ name: "ServiceUnavailableException", $metadata: { httpStatusCode: 503 } },
    });
  });
});
